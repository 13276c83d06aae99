//! The doctor against a real registry and a real token server that are set up wrongly on purpose.
//!
//! Each fault is named, and what the doctor prints as its fix is done as it is printed; then the
//! doctor finds the set-up healthy. `tests/run` installs what is missing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod authorities;
mod clinic;
mod clocks;
mod environment;
mod fake;
#[path = "../support/faketime.rs"]
mod faketime;
mod files;
mod foreign;
mod front;
mod input;
mod logs;
mod operator;
mod passwords;
mod realms;
mod recorded;
#[path = "../support/registry.rs"]
mod registry;
mod remedies;
mod repositories;
mod rights;
mod self_signed;
mod start;
mod tls;
mod tokens;
mod unverified;
mod zot;

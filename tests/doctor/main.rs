//! The doctor against registries and token servers. Most of them are real. Nearly every test sets them up with a fault
//! on purpose.
//!
//! The doctor must name each fault. Where a test applies the printed fix, it does so as the fix is printed, and then
//! the doctor must call the set-up healthy. `tests/run` installs the programs.
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
mod notifications;
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

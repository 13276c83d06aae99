//! What is released: the image, the Debian package with its unit, compose, the chart, manual pages, and the document that
//! tells how each is installed.
//!
//! The program is the one of the other tests, linked static. `tests/run` installs what is missing; a component that is
//! not there fails the test. Tests that need an own root are for root.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod built;
mod chart;
mod compose;
#[path = "../support/database.rs"]
mod database;
mod deb;
#[path = "../support/faketime.rs"]
mod faketime;
mod harbour;
mod image;
mod installation;
mod man;
mod own_root;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/registry.rs"]
mod registry;
mod rolling;
#[path = "../support/server.rs"]
mod server;
mod unit;
mod upgrade;

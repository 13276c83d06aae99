//! The command line seen from outside: the real program against a real server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../api/helpers.rs"]
#[allow(dead_code, reason = "the tests of the API use the rest")]
mod helpers;

mod audit;
mod config_check;
mod credentials;
#[path = "../support/database.rs"]
mod database;
mod edges;
mod explain;
mod fake;
mod files;
mod login;
mod objects;
mod own_account;
mod program;
mod reset_password;
#[path = "../support/said.rs"]
mod said;
mod shape;
mod status;

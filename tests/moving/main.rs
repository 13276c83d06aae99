//! Copies from one database to another, backups, restores, and the end of all sessions. The tests run the program
//! itself, with and without servers in separate processes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod backing_up;
mod browsers;
mod copying;
mod crashing;
#[path = "../support/database.rs"]
mod database;
#[path = "../support/pages.rs"]
mod pages;
mod piping;
#[path = "../support/postgres.rs"]
mod postgres;
mod program;
mod restoring;
#[path = "../support/said.rs"]
mod said;
#[path = "../support/server.rs"]
mod server;
mod sessions;
mod state;

//! Copies from one database to another, backups and restores, with the program itself beside servers that
//! run as processes of their own.
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

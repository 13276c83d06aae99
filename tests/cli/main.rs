//! The command line as its users see it: the real program against a real server.
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

mod addresses;
mod advice;
mod api_document;
mod audit;
#[path = "../api/certificates.rs"]
#[allow(dead_code, reason = "the tests of the API use the rest")]
mod certificates;
mod config_check;
mod crawl;
mod credentials;
#[path = "../support/database.rs"]
mod database;
mod documents;
mod edges;
mod examples;
mod explain;
mod fake;
#[path = "../support/fake_registry.rs"]
#[allow(dead_code, reason = "the tests of events use the rest")]
mod fake_registry;
mod files;
mod freeze;
mod log;
mod log_lines;
mod login;
mod many;
mod mended;
mod objects;
mod own_account;
mod program;
mod reported;
mod reset_password;
#[path = "../support/said.rs"]
mod said;
mod self_check;
#[path = "../support/server.rs"]
mod server;
mod shape;
mod sound_advice;
mod status;
mod terminal;
mod world;

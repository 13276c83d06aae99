//! The server as its clients see it. Each test has a new database and new keys. Nearly all tests use only HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

mod accounts;
mod apply;
mod apply_decisions;
mod as_read;
mod audit;
mod bad_input;
mod bad_writes;
mod bodies;
mod browser_sessions;
mod certificates;
mod check;
mod check_many;
mod cold_start;
mod conditions;
mod connections;
mod console;
mod crowd;
mod cut_off;
#[path = "../support/database.rs"]
mod database;
mod devices;
mod edges;
mod flood;
mod groups;
mod hang_up;
mod heads;
mod helpers;
mod identities;
mod inventory;
mod inventory_rights;
mod invitations;
mod last_administrator;
mod lists;
mod narrowed_lists;
mod one_state;
#[path = "../support/pages.rs"]
mod pages;
mod preview;
mod purge;
mod refusals;
mod registry_reports;
mod roles;
mod rules;
mod sessions;
mod sign_in_pages;
mod signin;
mod start;
mod status;
mod suggestions;
mod throttle;
mod tls;
mod tls_log;
mod trail;
mod traps_answers;
mod traps_requests;
mod usage;
mod warm;
mod who_can;

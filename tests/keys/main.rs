//! Signing keys in real processes: servers and `portreeve keys` on one folder, and registries that verify. `tests/run`
//! installs the components. A missing component fails the test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

mod adding;
mod canary;
mod clocks;
#[path = "../support/database.rs"]
mod database;
#[path = "../support/faketime.rs"]
mod faketime;
mod folder;
mod killed;
mod needle;
mod openssl;
mod owners;
mod place;
#[path = "../support/postgres.rs"]
mod postgres;
mod profiles;
mod registry;
#[path = "../support/registry.rs"]
mod registry_process;
mod replicas;
mod resilience;
mod rotation;
#[path = "../support/said.rs"]
mod said;
#[path = "../support/server.rs"]
mod server;
mod setting_up;
mod token;
mod turning;
mod without_server;

//! The promises during faults and under load: killed processes, databases that are restarted, frozen and cut off, full
//! disks, hostile uploads, and clients that disconnect. Servers run in separate processes, so that the tests can kill
//! them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

mod bombs;
mod chaos;
#[path = "../support/database.rs"]
mod database;
mod disk_full;
mod durable;
mod failover;
#[path = "../support/faketime.rs"]
mod faketime;
mod fleet;
mod killed;
mod ledger;
mod links;
mod load;
mod partition;
#[path = "../support/postgres.rs"]
mod postgres;
mod proxy;
mod replicas;
#[path = "../support/server.rs"]
mod server;
mod soak;
mod staleness;
mod stalls;
mod systemd;
mod trail;
mod upkeep;

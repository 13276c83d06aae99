//! The released files: the image, the Debian package with its unit, the compose file, the chart and the manual pages.
//! Also tests the documents about them: how to install each of them, the proxy in front of the server, and the pull
//! secret of a cluster. Also tests the upgrade from earlier releases.
//!
//! The tested program has the usual code, but is statically linked. `tests/run` installs the components. A missing
//! component fails the test. Tests that need a separate root must run as root.
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
mod proxies;
mod pull_secret;
#[path = "../support/registry.rs"]
mod registry;
mod rolling;
#[path = "../support/said.rs"]
mod said;
#[path = "../support/server.rs"]
mod server;
mod unit;
mod upgrade;

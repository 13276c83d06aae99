//! `docker search`, `podman search`, catalogues and lists of tags. A client never sees a name for which `check` refuses
//! the pull.
//!
//! ```sh
//! PORTREEVE_SEARCH_CASES=200 cargo nextest run --test search agreement                        # 200 cases, not 12
//! PORTREEVE_SEARCH_FIGURES=1 cargo nextest run --release --test search figures --no-capture   # also checks the figures
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

mod agreement;
mod clients;
mod cursors;
#[path = "../support/database.rs"]
mod database;
mod docker;
mod figures;
#[path = "../events/front.rs"]
#[allow(dead_code, reason = "shared with the tests of events")]
mod front;
#[path = "../api/helpers.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod helpers;
mod lists;
mod proxies;
#[path = "../support/registry.rs"]
#[allow(clippy::duplicate_mod, reason = "it also contains the ports")]
mod registry;
#[path = "../events/rows.rs"]
#[allow(dead_code, reason = "shared with the tests of events")]
mod rows;
#[path = "../support/server.rs"]
#[allow(clippy::duplicate_mod, reason = "it also contains the ports")]
mod server;
mod stock;
mod tokens;
#[path = "../events/yard.rs"]
#[allow(dead_code, reason = "shared with the tests of events")]
mod yard;

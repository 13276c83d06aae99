//! The reports of registries: recorded envelopes, Debian's registry, and faults between the registry and the server.
//!
//! ```sh
//! PORTREEVE_EVENT_KILLS=200 cargo nextest run --test events killed --no-capture        # 200 kills, not 12
//! PORTREEVE_EVENT_FLOOD_SECONDS=600 cargo nextest run --test events overload --no-capture   # 600 s, not 8 s
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

mod alarms;
mod alarms_whole;
mod clients;
mod crawl;
mod crawl_faults;
#[path = "../support/database.rs"]
mod database;
#[path = "../search/docker.rs"]
#[allow(dead_code, reason = "shared with the tests of search")]
mod docker;
#[path = "../support/fake_registry.rs"]
mod fake_registry;
mod front;
#[path = "../api/helpers.rs"]
#[allow(dead_code, reason = "shared with the tests of the API")]
mod helpers;
mod keeping;
mod killed;
mod order;
mod overload;
mod receiving;
#[path = "../support/registry.rs"]
#[allow(clippy::duplicate_mod, reason = "it also contains the ports")]
mod registry;
mod rows;
#[path = "../support/server.rs"]
#[allow(clippy::duplicate_mod, reason = "it also contains the ports")]
mod server;
mod told;
mod yard;

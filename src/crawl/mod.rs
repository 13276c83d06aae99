//! Crawls: the server reads the catalogue and the tags of an existing registry, and writes them to the inventory of the
//! registry's service. This module uses `issue`, `events` and `manage`, which must not use this module.
//!
//! The server acts as an ordinary robot: a visible rule lets it read, and its tokens are issued, logged and counted
//! like the tokens of clients. One server at a time crawls a service, under a lease. Everything that a crawl finds gets
//! a time two minutes before the crawl began, so an event with a later time replaces it. Only a crawl that read the
//! whole catalogue declares repositories and tags gone.

mod crawler;
mod due;
mod entries;
mod error;
mod link;
mod pace;
mod pass;
mod registry;
mod tags;
mod visit;
mod walk;

pub use crawler::{Crawler, CrawlerParts};
pub use error::CrawlError;

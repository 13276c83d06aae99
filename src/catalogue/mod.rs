//! The lists and the search for registry clients: the names of the repositories and tags that the client may pull.
//!
//! The names come from the reports of registries and from crawls. The names of repositories are in memory. Each request
//! evaluates the rules again, in the same way as a token request. HTTP types and other decisions about access must not
//! go in here.
//!
//! INVARIANT: an answer contains the name of a repository only if the client, from the same address, would now get a
//! token that grants `pull` on this repository.

mod asker;
mod claims;
mod error;
mod list;
mod names;
mod search;
mod use_case;

pub use asker::{Asker, Shown};
pub use error::CatalogueError;
pub use list::{ListQuery, Page};
pub use names::{Names, ServiceNames};
pub use search::{Found, SearchQuery};
pub use use_case::Catalogue;

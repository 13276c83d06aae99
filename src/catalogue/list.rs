//! Pages of names of repositories and tags, with the limits of the registry `distribution`.
// SPEC: distribution "HTTP API V2", "Listing Repositories", "Listing Image Tags".

use super::error::CatalogueError;
use super::names::ServiceNames;
use crate::domain::service::ServiceName;
use crate::snapshot::{Effort, Sight};
use crate::token::Keyring;
use std::time::Instant;

/// The number of repositories on a page, unless the client asks for another number.
const USUAL: usize = 100;
/// The greatest number of entries that a client may ask for. A page of tags has more if the client asks for no number.
const MOST: usize = 1000;
/// The number of tags on a page, unless the client asks for another number.
pub(super) const TAGS: usize = 10_000;

/// The query of a client for a page, as sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// `n`: the number of entries that the client wants.
    pub number: Option<String>,
    /// `last`: the last entry of the previous page, or a sealed name.
    pub last: String,
}

/// A page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries of the page.
    pub entries: Vec<String>,
    /// The `n` and the `last` of the next page, if there is one. For repositories, `n` is always set. For tags, `n` is
    /// `None` if the client did not send it.
    pub next: Option<(Option<usize>, String)>,
}

/// The end of a page.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The list has no more names.
    Whole,
    /// More names follow the last entry of the page.
    Entry,
    /// The page ends after this name, which the client may not see. INVARIANT: the name leaves the server sealed.
    Within(String),
}

/// Seals and opens the name at which a page ends. A sealed name is used if the client may not see that name.
pub(super) struct Places<'k> {
    pub(super) keyring: &'k Keyring,
    pub(super) service: &'k ServiceName,
}

impl Places<'_> {
    fn list(&self) -> String {
        format!("catalogue of {}", self.service)
    }

    /// Seals `name` as the `last` of the next page.
    pub(super) fn seal(&self, name: &str) -> Result<String, CatalogueError> {
        // Only a server without a shared signing key cannot seal a name. Such a server issues tokens only for services
        // with their own keys.
        self.keyring.seal_place(&self.list(), name).ok_or(CatalogueError::Busy)
    }

    /// Reads the parameter `last`, and opens a sealed name. Returns the name after which the page begins.
    pub(super) fn open(&self, last: &str) -> Result<String, CatalogueError> {
        self.keyring.open_place(&self.list(), last).ok_or(CatalogueError::BadPlace)
    }
}

impl ListQuery {
    /// Returns the number of repositories that the client asks for.
    // INTEROP: distribution 2.8 refuses more than 1,000, and answers 0 with an empty page.
    pub(super) fn repositories(&self) -> Result<usize, CatalogueError> {
        Ok(self.number()?.unwrap_or(USUAL))
    }

    /// Returns the number of tags that the client asks for; `None` if the client sends no number.
    pub(super) fn tags(&self) -> Result<Option<usize>, CatalogueError> {
        self.number()
    }

    fn number(&self) -> Result<Option<usize>, CatalogueError> {
        let Some(text) = self.number.as_deref().filter(|text| !text.is_empty()) else { return Ok(None) };
        let number = text.parse().ok().filter(|number| *number <= MOST);
        let bad = || CatalogueError::BadNumber(text.chars().take(20).collect());
        number.map(Some).ok_or_else(bad)
    }
}

/// Returns the names of a page that the client may pull, and the end of the page. If the effort is spent, the page is
/// short although more names follow.
pub(super) fn page(
    names: &ServiceNames,
    sight: &Sight,
    service: &ServiceName,
    (wanted, last): (usize, &str),
    mut effort: Effort,
) -> (Vec<String>, End) {
    let mut entries = Vec::new();
    if wanted == 0 {
        return (entries, End::Whole);
    }
    let begin = names.after(last);
    let ranges = names.seen_by(sight, service);
    let mut places = ranges.into_iter().flat_map(|range| range.start.max(begin)..range.end);
    loop {
        let began = Instant::now();
        let chunk: Vec<usize> = places.by_ref().take(effort.next(Effort::PORTION.min(wanted + 1))).collect();
        let Some(end) = chunk.last() else { return (entries, End::Whole) };
        let asked: Vec<&str> = chunk.iter().map(|place| names.at(*place)).collect();
        let granted = sight.granted(service, &asked);
        entries.extend(asked.into_iter().filter(|name| granted.contains(*name)).map(str::to_owned));
        if entries.len() > wanted {
            entries.truncate(wanted);
            return (entries, End::Entry);
        }
        effort.spend(chunk.len(), began);
        if effort.is_spent() {
            return (entries, End::Within(names.at(*end).to_owned()));
        }
    }
}

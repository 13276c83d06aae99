//! A page of a list: the entries that begin with a prefix and come after a name, up to a limit.
//!
//! INVARIANT: names compare bytewise. So a page that begins after a name begins at the same place, even if entries are
//! written meanwhile.

use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

/// A character that sorts after every character of a name.
pub(super) const PAST_EVERY_TEXT: char = '\u{10FFFF}';

/// The part of a list to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    prefix: String,
    after: String,
    limit: i64,
}

impl Page {
    /// Builds a page of at most `limit` entries that begin with `prefix` and come after `after`.
    #[must_use]
    pub fn new(prefix: String, after: String, limit: i64) -> Self {
        Self { prefix, after, limit }
    }

    /// Returns the page that follows the entry `after`.
    #[must_use]
    pub fn following(&self, after: String) -> Self {
        Self { after, ..self.clone() }
    }

    /// Returns the entry after which the page begins; empty at the beginning of the list.
    #[must_use]
    pub fn after(&self) -> &str {
        &self.after
    }

    /// Returns the greatest number of entries on the page.
    #[must_use]
    pub fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(0)
    }

    /// Returns true if `name` belongs on the page, ignoring the limit.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        name.starts_with(&self.prefix) && name > self.after.as_str()
    }

    /// Binds the bounds of all entries with the prefix, ignoring where the page begins.
    pub(super) fn bind_prefix<'q>(
        &self,
        query: Query<'q, Any, AnyArguments>,
    ) -> Query<'q, Any, AnyArguments> {
        query.bind(self.prefix.clone()).bind(format!("{}{PAST_EVERY_TEXT}", self.prefix))
    }

    /// Returns true if `name` begins with the prefix, ignoring where the page begins.
    #[must_use]
    pub fn counts(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
    }

    /// Binds the bounds of the page and a limit. The limit is one more than wanted, so that the caller sees if more
    /// entries exist.
    pub(super) fn bind<'q>(&self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        let end = format!("{}{PAST_EVERY_TEXT}", self.prefix);
        query.bind(self.after.clone()).bind(self.prefix.clone()).bind(end).bind(self.limit.saturating_add(1))
    }
}

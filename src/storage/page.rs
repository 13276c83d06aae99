//! A page of a list: what begins with a prefix, after a name, at most so many.
//!
//! INVARIANT: names compare bytewise, so a page that begins after a name stays where it is, whatever
//! is written meanwhile.

use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::query::Query;

/// Greater than every text that goes on from the same beginning.
const PAST_EVERY_TEXT: char = '\u{10FFFF}';

/// Which part of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    prefix: String,
    after: String,
    limit: i64,
}

impl Page {
    /// At most `limit` entries that begin with `prefix` and come after `after`.
    #[must_use]
    pub fn new(prefix: String, after: String, limit: i64) -> Self {
        Self { prefix, after, limit }
    }

    /// The page that follows the entry `after`.
    #[must_use]
    pub fn following(&self, after: String) -> Self {
        Self { after, ..self.clone() }
    }

    /// The entry after which it begins; empty at the beginning of the list.
    #[must_use]
    pub fn after(&self) -> &str {
        &self.after
    }

    /// How many entries it has at most.
    #[must_use]
    pub fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(0)
    }

    /// Whether `name` is on it, but for the limit.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        name.starts_with(&self.prefix) && name > self.after.as_str()
    }

    /// Binds the bounds of everything that begins with the prefix, wherever the page begins.
    pub(super) fn bind_prefix<'q>(
        &self,
        query: Query<'q, Any, AnyArguments>,
    ) -> Query<'q, Any, AnyArguments> {
        query.bind(self.prefix.clone()).bind(format!("{}{PAST_EVERY_TEXT}", self.prefix))
    }

    /// Whether `name` begins with the prefix, wherever the page begins.
    #[must_use]
    pub fn counts(&self, name: &str) -> bool {
        name.starts_with(&self.prefix)
    }

    /// Binds three bounds and the limit. One entry more than wanted tells whether there are more.
    pub(super) fn bind<'q>(&self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        let end = format!("{}{PAST_EVERY_TEXT}", self.prefix);
        query.bind(self.after.clone()).bind(self.prefix.clone()).bind(end).bind(self.limit.saturating_add(1))
    }
}

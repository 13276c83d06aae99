//! The processes of registries that report events, and the ids of the last events of each process.
//!
//! INVARIANT: an event is counted once. A process repeats an event until the server acknowledges it, and sends no other
//! event meanwhile. So the server recognizes a repetition by the ids of the last events. The transaction that counts an
//! event also stores its id.

use super::super::error::StoreError;
use super::super::reader::field;
use super::EventTransaction;
use super::put::Table;
use super::statements::{PUT_SOURCES, SELECT_SOURCE};
use crate::domain::time::Timestamp;
use std::collections::HashMap;

/// The number of last arrivals whose event ids are at least remembered for a process.
const REMEMBERED: usize = 32;

/// A process of a registry that reports events.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// The service for which the process reports.
    pub service: String,
    /// The name that the process gives itself, or its address. If the endpoint of the process has a name, this name
    /// follows after a space.
    pub instance: String,
}

/// The remembered events of a process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceState {
    /// The ids of the last events. The value is the number of the event's last arrival, as counted by `came`.
    ids: HashMap<String, usize>,
    /// The number of arrived events, with repetitions. After a reading from the database, it begins with the number of
    /// read ids.
    came: usize,
    /// The id of the last request that deleted something other than a tag: a manifest, a layer or a repository.
    pub last_delete: String,
    /// The number of new events in this transaction.
    pub new: i64,
}

impl SourceState {
    /// Notes an event. Returns `false` if the event is already known.
    pub fn is_new(&mut self, id: &str) -> bool {
        self.came += 1;
        // A repeated event counts again as one of the last events.
        if let Some(known) = self.ids.get_mut(id) {
            *known = self.came;
            return false;
        }
        self.ids.insert(id.to_owned(), self.came);
        self.new += 1;
        true
    }

    /// Forgets old ids. Keeps the ids of the last envelope, which had `last` events, because the registry can send this
    /// envelope again. Keeps at least the ids of the last [`REMEMBERED`] arrivals, of which some can be repetitions.
    pub fn forget(&mut self, last: usize) {
        let first = self.came.saturating_sub(last.max(REMEMBERED));
        self.ids.retain(|_, came| *came > first);
    }

    /// Returns the number of remembered ids.
    #[must_use]
    pub fn ids(&self) -> usize {
        self.ids.len()
    }

    /// Sets the count of new events to 0, after a transaction has stored the counted events.
    pub fn commit(&mut self) {
        self.new = 0;
    }

    /// Returns the ids in the order of arrival, newest last.
    fn text(&self) -> String {
        let mut ids: Vec<(usize, &str)> = self.ids.iter().map(|(id, came)| (*came, id.as_str())).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id).collect::<Vec<_>>().join(" ")
    }
}

impl EventTransaction<'_> {
    /// Reads the remembered events of a process.
    pub async fn source(&mut self, key: &SourceKey) -> Result<SourceState, StoreError> {
        let query = sqlx::query(SELECT_SOURCE).bind(key.service.as_str()).bind(key.instance.as_str());
        let Some(row) = self.tx.one(query).await? else { return Ok(SourceState::default()) };
        let ids: String = field(&row, "last_ids")?;
        let ids: HashMap<String, usize> =
            ids.split(' ').filter(|id| !id.is_empty()).map(str::to_owned).zip(1..).collect();
        Ok(SourceState { came: ids.len(), ids, last_delete: field(&row, "last_delete")?, new: 0 })
    }
}

/// Makes the rows that store the remembered events, one row for each process. `now` is the time of the write.
pub(super) fn of_sources<'r>(rows: &'r [(&SourceKey, &SourceState)], now: Timestamp) -> Table<'r> {
    Table::new(PUT_SOURCES, rows, move |query, (key, state)| {
        query
            .bind(key.service.clone())
            .bind(key.instance.clone())
            .bind(state.text())
            .bind(state.last_delete.clone())
            .bind(state.new)
            .bind(now.as_micros())
            .bind(now.as_micros())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_last_envelope_stays_known_also_what_came_before() {
        let mut state = SourceState::default();
        for number in 0..40 {
            assert!(state.is_new(&format!("old{number}")));
        }
        state.forget(1);
        assert_eq!(state.ids.len(), REMEMBERED);
        // An envelope of 41 events. Its first event is already known.
        let envelope: Vec<String> =
            ["old8".to_owned()].into_iter().chain((0..40).map(|number| format!("new{number}"))).collect();
        let news = envelope.iter().filter(|id| state.is_new(id)).count();
        assert_eq!(news, 40);
        state.forget(envelope.len());
        assert_eq!(state.ids.len(), 41);
        assert!(state.text().starts_with("old8 new0 ") && state.text().ends_with(" new39"));
        assert!(!envelope.iter().any(|id| state.is_new(id)));
    }
}

//! The names of all repositories of a service. They are in memory, so that a search needs no query.

use crate::domain::service::ServiceName;
use crate::snapshot::Sight;
use crate::storage::StoreError;
use crate::storage::events::EventStore;
use arc_swap::ArcSwap;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// The number of names that one query reads.
const PORTION: usize = 10_000;
/// The longest time for which a request waits while another request reads names.
const PATIENCE: Duration = Duration::from_secs(2);

/// The names of a service's repositories: sorted names in one text, with the position of the end of each name. The
/// place of a name is the index of the name in the sorted names.
#[derive(Debug, Default)]
pub struct ServiceNames {
    text: String,
    ends: Vec<usize>,
    /// The descriptions that are not empty, by the place of the name.
    descriptions: BTreeMap<usize, Box<str>>,
}

impl ServiceNames {
    /// Adds a name with its description. The name must sort after all names before it.
    pub fn push(&mut self, name: &str, description: &str) {
        if !description.is_empty() {
            self.descriptions.insert(self.ends.len(), description.into());
        }
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }

    /// Returns the number of names.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns true if there are no names.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns the name at a place; an empty text if no name has this place.
    #[must_use]
    pub fn at(&self, place: usize) -> &str {
        let begin = place.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied());
        let both = begin.zip(self.ends.get(place).copied());
        both.and_then(|(begin, end)| self.text.get(begin..end)).unwrap_or_default()
    }

    /// Returns the description of the name at a place; an empty text if the name has none.
    #[must_use]
    pub fn description(&self, place: usize) -> &str {
        self.descriptions.get(&place).map_or("", |text| text)
    }

    /// Finds the first place for whose name `is_before` is false. INVARIANT: if `is_before` is true for a name, it is
    /// true for all names before that name.
    fn first_not(&self, is_before: impl Fn(&str) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if is_before(self.at(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Returns the place of the first name after `name`.
    #[must_use]
    pub fn after(&self, name: &str) -> usize {
        self.first_not(|other| other <= name)
    }

    /// Returns the places of the names that can be visible to the client. The rules then decide about each of these
    /// names.
    #[must_use]
    pub(super) fn seen_by(&self, sight: &Sight, service: &ServiceName) -> Vec<Range<usize>> {
        match &sight.only {
            Some(only) => self.exactly(only),
            None => self.beginning_with(&sight.beginnings(service)),
        }
    }

    /// Returns the places of the names that are in this set.
    fn exactly(&self, names: &BTreeSet<String>) -> Vec<Range<usize>> {
        let place = |name: &String| {
            let place = self.first_not(|other| other < name.as_str());
            (!name.is_empty() && self.at(place) == name).then_some(place..place + 1)
        };
        names.iter().filter_map(place).collect()
    }

    /// Returns the places of the names that begin with one of these sorted texts, in order and without repetitions.
    #[must_use]
    pub fn beginning_with(&self, beginnings: &[String]) -> Vec<Range<usize>> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for text in beginnings {
            let begin = self.first_not(|name| name < text.as_str());
            let end = self.first_not(|name| name < text.as_str() || name.starts_with(text.as_str()));
            let begin = ranges.last().map_or(begin, |last| begin.max(last.end));
            if begin < end {
                ranges.push(begin..end);
            }
        }
        ranges
    }
}

/// The names of a service, and the counter of events just before they were read.
#[derive(Clone)]
struct Known {
    seq: i64,
    names: Arc<ServiceNames>,
}

/// The names of all services that let clients list their names.
pub struct Names {
    store: EventStore,
    known: ArcSwap<BTreeMap<ServiceName, Known>>,
    reading: Mutex<()>,
}

impl Names {
    /// Builds an empty set of names. Nothing is read yet.
    #[must_use]
    pub fn new(store: EventStore) -> Self {
        Self { store, known: ArcSwap::default(), reading: Mutex::default() }
    }

    /// Returns the names of a service. Unknown names are read now. Known names are at most as old as the last
    /// [`refresh`](Self::refresh).
    pub async fn of(&self, service: &ServiceName) -> Result<Arc<ServiceNames>, StoreError> {
        if let Some(known) = self.known.load().get(service) {
            return Ok(known.names.clone());
        }
        // Another request may be reading the names now from a slow database.
        let turn = timeout(PATIENCE, self.reading.lock()).await;
        let _turn = turn.map_err(|_| StoreError::CutOff)?;
        if let Some(known) = self.known.load().get(service) {
            return Ok(known.names.clone());
        }
        let known = self.read(service, None).await?;
        let names = known.names.clone();
        let mut all = BTreeMap::clone(&self.known.load());
        all.insert(service.clone(), known);
        self.known.store(Arc::new(all));
        Ok(names)
    }

    /// Reads the names that may have changed, and forgets the names of all services that are not in `services`.
    pub async fn refresh(&self, services: &BTreeSet<ServiceName>) -> Result<(), StoreError> {
        if services.is_empty() && self.known.load().is_empty() {
            return Ok(());
        }
        let _turn = self.reading.lock().await;
        let mut all = BTreeMap::new();
        for service in services {
            let before = self.known.load().get(service).cloned();
            all.insert(service.clone(), self.read(service, before).await?);
        }
        self.known.store(Arc::new(all));
        Ok(())
    }

    /// Reads the names of a service. Returns `before` if the counter of events has not changed since.
    async fn read(&self, service: &ServiceName, before: Option<Known>) -> Result<Known, StoreError> {
        // The number is read before the names. So the next refresh reads again the names that are written meanwhile.
        let seq = self.store.read().await?.last_number().await?;
        if let Some(before) = before.filter(|before| before.seq == seq) {
            return Ok(before);
        }
        let (mut names, mut after) = (ServiceNames::default(), String::new());
        let most = i64::try_from(PORTION).unwrap_or(i64::MAX);
        loop {
            let portion = self.store.read().await?.list_names(service.as_str(), &after, most).await?;
            for (name, description) in &portion {
                names.push(name, description);
            }
            let is_full = portion.len() == PORTION;
            match portion.into_iter().next_back() {
                Some((name, _)) if is_full => after = name,
                _ => return Ok(Known { seq, names: Arc::new(names) }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_by_their_beginnings() {
        let mut names = ServiceNames::default();
        let all = ["a", "a/b", "ab", "b", "b/c", "c"];
        all.iter().for_each(|name| names.push(name, if *name == "b" { "text" } else { "" }));
        let read: Vec<&str> = (0..names.len()).map(|place| names.at(place)).collect();
        assert_eq!(read, all);
        assert_eq!((names.at(6), names.description(3), names.description(4)), ("", "text", ""));
        for (beginnings, expected) in [
            (vec![""], vec![(0, 6)]),
            (vec!["a/", "b"], vec![(1, 2), (3, 5)]),
            (vec!["a", "a/b"], vec![(0, 3)]),
            (vec!["b", "b", "x"], vec![(3, 5)]),
            (vec![], vec![]),
        ] {
            let beginnings: Vec<String> = beginnings.into_iter().map(str::to_owned).collect();
            let found = names.beginning_with(&beginnings).into_iter().map(|range| (range.start, range.end));
            assert_eq!(found.collect::<Vec<_>>(), expected, "{beginnings:?}");
        }
        let only = ["", "a", "a/", "b/c", "x"].map(str::to_owned).into();
        assert_eq!(names.exactly(&only), [0..1, 4..5], "only equal names match, not longer names");
        assert_eq!([names.after(""), names.after("a"), names.after("aa"), names.after("z")], [0, 1, 2, 6]);
    }
}

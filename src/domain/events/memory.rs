//! Recent lookups of tags and recent pulls of indexes, in memory. A server uses them to find the requests that are part
//! of the same pull.
//!
//! Every server remembers its own requests. If a server forgets a request, a recent event may lack its tag. The
//! server may also count a pull of each manifest of an index, if the registry does not report which manifests the
//! index lists.

use crate::domain::time::Timestamp;
use std::collections::HashMap;

/// The longest time between the requests of one pull, seconds.
pub(super) const TOGETHER_SECONDS: i64 = 60;
/// Seconds by which a later request may appear to be the earlier one, because each registry has its own
/// clock.
pub(super) const SKEW_SECONDS: i64 = 5;
/// The greatest number of remembered requests of each kind.
const MOST: usize = 10_000;

/// Returns true if requests at these two times can belong to one pull.
pub(super) fn is_together(earlier: Timestamp, later: Timestamp) -> bool {
    later.plus_seconds(SKEW_SECONDS) >= earlier && later <= earlier.plus_seconds(TOGETHER_SECONDS)
}

type Place = (String, String, String);

/// The requests that a server remembers.
#[derive(Debug, Default)]
pub struct Memory {
    /// The time and the tag of the last lookup by tag of each digest, by service, repository, subject and digest.
    looked_up: HashMap<(Place, String), (Timestamp, String)>,
    /// The time of the last pull of an index whose manifests the registry did not report, by service,
    /// repository and subject.
    open: HashMap<Place, Timestamp>,
}

impl Memory {
    /// Notes that a subject looked up the digest of a tag.
    pub(super) fn note_tag(&mut self, place: Place, digest: &str, tag: &str, at: Timestamp) {
        forget(&mut self.looked_up, at, |(noted, _)| *noted);
        self.looked_up.insert((place, digest.to_owned()), (at, tag.to_owned()));
    }

    /// Returns the tag by which the subject looked up the digest within the minute before the pull, or within
    /// [`SKEW_SECONDS`] after it; `None` if there is no such lookup.
    pub(super) fn tag_of(&self, place: Place, digest: &str, at: Timestamp) -> Option<&str> {
        let (noted, tag) = self.looked_up.get(&(place, digest.to_owned()))?;
        is_together(*noted, at).then_some(tag)
    }

    /// Notes that a subject pulled an index whose manifests the registry did not report.
    pub(super) fn note_open_index(&mut self, place: Place, at: Timestamp) {
        forget(&mut self.open, at, |noted| *noted);
        self.open.insert(place, at);
    }

    /// Returns true if the subject pulled an index whose manifests the registry did not report, within the minute
    /// before `at` or within [`SKEW_SECONDS`] after it. A manifest that the subject pulls by digest at `at` is probably
    /// in that index.
    pub(super) fn follows_open_index(&self, place: &Place, at: Timestamp) -> bool {
        self.open.get(place).is_some_and(|noted| is_together(*noted, at))
    }
}

/// Makes room for one more entry. If the map is full, deletes the entries that cannot belong to a pull at `now`, or all
/// entries if the map is still full.
fn forget<K, V>(map: &mut HashMap<K, V>, now: Timestamp, noted: impl Fn(&V) -> Timestamp) {
    if map.len() < MOST {
        return;
    }
    map.retain(|_, value| is_together(noted(value), now));
    if map.len() >= MOST {
        map.clear();
    }
}

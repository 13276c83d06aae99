//! Counts the actions that tokens grant and refuse, by day. The counts are in memory and are written once a minute.
//!
//! No token waits for a write. A count that cannot be written waits for the next write. If too many counts
//! wait, a further count is lost, and a metric shows the number of lost counts. The counts never decide about
//! access.

use crate::domain::access::Access;
use crate::domain::events::{Day, Keep, Kept};
use crate::domain::scope::ScopeList;
use crate::domain::time::Timestamp;
use crate::storage::StoreError;
use crate::storage::events::{EventStore, EventTransaction, GrantKey, GrantSum};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of parts into which the counts are divided. Each part has its own lock, so that threads seldom wait for
/// each other.
const PARTS: usize = 16;
/// The greatest number of counts, other than light counts, that can wait in each part: 100,000 in all parts.
const MOST: usize = 6250;
/// The greatest number of light counts that can wait in each part: 4,000 in all parts. Light counts are
/// refusals, and `pull` by anonymous. Anybody can cause light counts with invented names, so light counts
/// have a limit of their own.
const MOST_LIGHT: usize = 250;
/// The actions on repositories that are counted. A client can ask for an action with any name, so actions that are not
/// in this list are not counted.
const NOTED: [&str; 4] = ["pull", "push", "delete", "*"];
/// The greatest number of counts that one transaction writes.
const PORTION: usize = 500;
const DAY_MICROS: i64 = 86_400_000_000;

/// The counts that wait for a write.
#[derive(Debug)]
pub struct Grants {
    /// The counts by a hash of their key, so that looking up a known key allocates nothing. Two keys with the same hash
    /// would share a count. A hash has 128 bits with random keys, so this does not happen.
    parts: [Mutex<Waiting>; PARTS],
    hashers: [RandomState; 2],
    is_on: bool,
    lost: AtomicU64,
    /// The time of the last lost count of a granted action other than `pull`, in microseconds; 0 for never. The alarms
    /// need this time.
    lost_grant_at: AtomicI64,
}

/// The counts of one part.
#[derive(Debug, Default)]
struct Waiting {
    sums: HashMap<u128, Sum>,
    /// The number of light counts among `sums`.
    light: usize,
}

#[derive(Debug)]
struct Sum {
    key: GrantKey,
    sum: GrantSum,
}

/// Returns true for a light count: a count of refusals alone, or of `pull` by anonymous.
fn is_light(granted: i64, subject: &str, action: &str) -> bool {
    granted == 0 || (subject.is_empty() && action == "pull")
}

impl Sum {
    fn is_light(&self) -> bool {
        is_light(self.sum.granted, &self.key.subject, &self.key.action)
    }
}

impl Waiting {
    /// Adds `more` to the count with this hash. Returns `false` if there is no such count.
    fn add(&mut self, hash: u128, more: GrantSum) -> bool {
        let Some(known) = self.sums.get_mut(&hash) else { return false };
        let was_light = known.is_light();
        known.sum.join(more);
        if was_light && !known.is_light() {
            self.light -= 1;
        }
        true
    }

    /// Returns true if another count may wait in this part. Light counts have a limit of their own.
    fn has_room(&self, is_light: bool) -> bool {
        if is_light { self.light < MOST_LIGHT } else { self.sums.len() - self.light < MOST }
    }

    fn insert(&mut self, hash: u128, one: Sum) {
        self.light += usize::from(one.is_light());
        self.sums.insert(hash, one);
    }
}

impl Grants {
    /// Builds an empty set of counts. The set stays empty if `keep` stores no grants.
    #[must_use]
    pub fn new(keep: &Keep) -> Self {
        Self {
            parts: std::array::from_fn(|_| Mutex::default()),
            hashers: [RandomState::new(), RandomState::new()],
            is_on: keep.stores(Kept::Grants),
            lost: AtomicU64::new(0),
            lost_grant_at: AtomicI64::new(0),
        }
    }

    /// Counts the actions on repositories that a token request was granted and refused. `subject` is empty for
    /// anonymous, whose refusals are not counted.
    pub(super) fn note(
        &self,
        service: &str,
        subject: &str,
        asked: &ScopeList,
        granted: &Access,
        now: Timestamp,
    ) {
        if !self.is_on {
            return;
        }
        let repositories = granted.entries().iter().filter(|entry| entry.resource_type.is_repository());
        for entry in repositories.clone() {
            for action in entry.actions.iter().filter(|action| NOTED.contains(&action.as_str())) {
                self.add([service, entry.name.as_str(), subject, action.as_str()], true, now);
            }
        }
        if subject.is_empty() {
            return;
        }
        for scope in asked.scopes().iter().filter(|scope| scope.resource_type.is_repository()) {
            let entry = repositories.clone().find(|entry| entry.name == scope.name);
            for action in scope.actions.iter().filter(|action| NOTED.contains(&action.as_str())) {
                // The access of a token contains the single actions instead of a granted `*`. So a `*` counts as
                // granted if the token contains the repository.
                let is_granted =
                    entry.is_some_and(|entry| entry.actions.contains(action) || action.is_every());
                if !is_granted {
                    self.add([service, scope.name.as_str(), subject, action.as_str()], false, now);
                }
            }
        }
    }

    fn add(&self, [service, repository, subject, action]: [&str; 4], is_granted: bool, now: Timestamp) {
        let hash = self.hash(now, [service, repository, subject, action]);
        let Some(mut part) = self.part(hash) else { return };
        let mut sum = GrantSum { granted: 0, refused: 0, last_at: now };
        sum.add(is_granted, now);
        if part.add(hash, sum) {
            return;
        }
        if !part.has_room(is_light(sum.granted, subject, action)) {
            drop(part);
            self.lose(is_granted, action, now);
            return;
        }
        let key = GrantKey {
            day: Day::of(now).to_string(),
            service: service.to_owned(),
            repository: repository.to_owned(),
            subject: subject.to_owned(),
            action: action.to_owned(),
        };
        part.insert(hash, Sum { key, sum });
    }

    /// Puts back a count that could not be written, so that it waits for the next write. Loses the count if too many
    /// counts wait.
    fn put_back(&self, key: &GrantKey, sum: GrantSum) {
        // The day of the key is the day of `last_at`. So the hash is the same as in `add`.
        let hash = self.hash(sum.last_at, [&key.service, &key.repository, &key.subject, &key.action]);
        let Some(mut part) = self.part(hash) else { return };
        if part.add(hash, sum) {
            return;
        }
        let one = Sum { key: key.clone(), sum };
        if part.has_room(one.is_light()) {
            part.insert(hash, one);
        } else {
            drop(part);
            self.lose(sum.granted > 0, &key.action, sum.last_at);
        }
    }

    fn part(&self, hash: u128) -> Option<MutexGuard<'_, Waiting>> {
        let part = self.parts.get(usize::try_from(hash % PARTS as u128).unwrap_or_default())?;
        Some(part.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn lose(&self, is_granted: bool, action: &str, at: Timestamp) {
        self.lost.fetch_add(1, Ordering::Relaxed);
        if is_granted && action != "pull" {
            self.lost_grant_at.fetch_max(at.as_micros(), Ordering::Relaxed);
        }
    }

    fn hash(&self, at: Timestamp, parts: [&str; 4]) -> u128 {
        let day = at.as_micros().div_euclid(DAY_MICROS);
        let [high, low] = self.hashers.each_ref().map(|state| {
            let mut hasher = state.build_hasher();
            hasher.write_i64(day);
            for part in parts {
                hasher.write(part.as_bytes());
                hasher.write_u8(0xff);
            }
            u128::from(hasher.finish())
        });
        (high << 64) | low
    }

    /// Returns the number of counts that were lost since the last call.
    pub fn take_lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }

    /// Writes the waiting counts. Counts that are not written wait again if there is room, even if this call is
    /// cancelled.
    pub async fn flush(&self, store: &EventStore) -> Result<(), StoreError> {
        let mut drained = self.drain();
        let lost_at = self.lost_grant_at.load(Ordering::Relaxed);
        if lost_at > 0 {
            store.note_lost_grant(Timestamp::from_micros(lost_at)).await?;
            let _ = self.lost_grant_at.compare_exchange(lost_at, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
        while let Some(portion) = drained.portions.front().cloned() {
            store
                .write(move |mut tx: EventTransaction<'_>| {
                    Box::pin(async move { tx.add_grants(&portion).await })
                })
                .await?;
            drained.portions.pop_front();
        }
        Ok(())
    }

    /// Takes out the waiting counts.
    fn drain(&self) -> Drained<'_> {
        let mut sums = Vec::new();
        for part in &self.parts {
            let part = std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner));
            sums.extend(part.sums.into_values().map(|one| (one.key, one.sum)));
        }
        // Every server writes in the same order, so that the transactions of two servers never deadlock.
        sums.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let portions = sums.chunks(PORTION).map(|portion| Arc::new(portion.to_vec())).collect();
        Drained { grants: self, portions }
    }
}

/// The counts on their way to the database. Dropping this value puts back the counts that were not written.
struct Drained<'a> {
    grants: &'a Grants,
    portions: VecDeque<Arc<Vec<(GrantKey, GrantSum)>>>,
}

impl Drop for Drained<'_> {
    fn drop(&mut self) {
        for (key, sum) in self.portions.iter().flat_map(|portion| portion.iter()) {
            self.grants.put_back(key, *sum);
        }
    }
}

#[cfg(test)]
#[path = "grants_tests.rs"]
mod tests;

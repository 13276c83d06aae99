//! Cache of subjects and their credentials: a returning client needs no query.
//!
//! An entry is read when a client asks for it; readers of one key take turns, except with [`Lookup::Database`]. The
//! caches of entries are bounded by the estimated size of their entries. A change that is in the feed drops no entry:
//! each entry has the [`Stamp`] of the state it was read from, and an entry whose stamp is no longer valid is read
//! again. The feed is the list of changes that every replica follows. The cache also remembers that a subject does not
//! exist, so that neither time nor metrics tell such a name from an existing one.
//!
//! INVARIANT: an entry is used only while the feed is fresh enough to issue tokens from. Otherwise the database is
//! asked.

use super::cache::{Cache, Hits};
use crate::domain::policy::Restriction;
use crate::domain::secret::Digest;
use crate::domain::subject::{Subject, SubjectName};
use crate::domain::time::Timestamp;
use crate::snapshot::{Snapshots, Stamp, place_of};
use crate::storage::{AccessKeyRow, Reader, RefreshTokenRow, Store, StoreError, StoredSubject};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The greatest estimated size of each of the three caches, bytes.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// The number of locks that the keys share. Reads of one key take turns, so that one read serves the others.
const TURNS: usize = 64;
/// The most names that are remembered as names without a subject.
const ABSENT: u64 = 10_000;
/// The longest wait for the database's answer, including the wait for the turn.
const LONGEST_WAIT: Duration = Duration::from_millis(2200);
/// The most reads of one entry, if changes of its subject overtake the answers.
const TRIES: usize = 3;
/// The time after which a remembered session is looked up again. A session beyond the limit for its owner and service
/// is dropped without a record, so the feed does not report it.
const SESSION_RECHECK: Duration = Duration::from_secs(60);

/// The SHA-256 digest of a secret that this server made.
type Key = [u8; 32];

/// The place where a lookup reads: memory or the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// Read memory first, then the database.
    Memory,
    /// Always read the database, never memory.
    Database,
}

/// A subject as it was read, and the credential through which it was read (`detail`).
pub(super) struct Cached<T> {
    pub(super) found: Arc<StoredSubject>,
    pub(super) subject: Arc<Subject>,
    pub(super) detail: T,
    pub(super) stamp: Stamp,
    /// The last noted use of the credential, microseconds since the epoch.
    noted: AtomicI64,
    read_at: Instant,
}

impl<T> Cached<T> {
    /// Returns true if a use at `now` is to be written to the database: at most one use in `grain` seconds. Then also
    /// notes `now` as the last use.
    pub(super) fn is_due(&self, now: Timestamp, grain: i64) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        let at = Timestamp::from_micros(noted);
        (at.plus_seconds(grain) <= now || at > now.newest_mark())
            && self
                .noted
                .compare_exchange(noted, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// Returns the time of the last use that this replica knows.
    pub(super) fn noted(&self) -> Timestamp {
        Timestamp::from_micros(self.noted.load(Ordering::Relaxed))
    }
}

/// The result of a lookup by name.
pub(super) enum Known {
    /// A subject has the name.
    Subject(Arc<Cached<()>>),
    /// No subject has the name. `in_other_case` is true if a subject's name differs only in upper and lower case.
    Nobody { in_other_case: bool },
}

/// A name that no subject has in the state of the stamp.
#[derive(Clone, Copy)]
struct Absent {
    stamp: Stamp,
    in_other_case: bool,
}

/// One cache, and the counts of its hits and misses.
struct CacheOf<K, T> {
    entries: Cache<K, Arc<Cached<T>>>,
    counts: Hits,
    /// The time after which an entry is looked up again.
    lifetime: Duration,
}

impl<K, T> CacheOf<K, T>
where
    K: Eq + Hash + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Makes an empty cache. `own` estimates the bytes of an entry's details.
    fn new(lifetime: Duration, own: fn(&T) -> usize) -> Self {
        let weigh = move |cached: &Arc<Cached<T>>| weight(&cached.found) + own(&cached.detail);
        Self { entries: Cache::of_bytes(CAPACITY, weigh), counts: Hits::default(), lifetime }
    }
}

/// The three caches (subjects, access keys, sessions), with the database behind them.
pub(super) struct Identities {
    store: Store,
    snapshots: Arc<Snapshots>,
    subjects: CacheOf<SubjectName, ()>,
    absent: Cache<SubjectName, Absent>,
    keys: CacheOf<Key, AccessKeyRow>,
    sessions: CacheOf<Key, RefreshTokenRow>,
    turns: Box<[Mutex<()>]>,
}

/// Estimates the bytes of an entry: its texts, and the structures around them.
fn weight(found: &StoredSubject) -> usize {
    let row = &found.row;
    let labels = row.labels.as_map();
    let values = labels.values().flatten().map(|value| value.len() + 48).sum::<usize>();
    let keys = labels.keys().map(|key| key.len() + 72).sum::<usize>();
    let groups = found.groups.iter().map(|group| group.as_str().len() + 48).sum::<usize>();
    let texts = row.description.len() + row.subject.name.as_str().len() * 2;
    1024 + 2 * (values + keys + groups) + texts
}

/// Estimates the bytes of a key's restriction: a pattern takes some ten times the bytes of its text.
fn restriction_weight(restriction: &Restriction) -> usize {
    restriction.to_strings().iter().map(|entry| 256 + entry.len() * 10).sum()
}

impl Identities {
    pub(super) fn new(store: Store, snapshots: Arc<Snapshots>) -> Self {
        Self {
            store,
            snapshots,
            subjects: CacheOf::new(Duration::MAX, |()| 0),
            absent: Cache::of_entries(ABSENT),
            keys: CacheOf::new(Duration::MAX, |key| key.restriction.as_deref().map_or(0, restriction_weight)),
            sessions: CacheOf::new(SESSION_RECHECK, |_| 0),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
        }
    }

    /// Returns true if an entry with this stamp is valid in the current snapshot.
    pub(super) fn holds(&self, stamp: &Stamp) -> bool {
        self.snapshots.fences().holds(stamp)
    }

    /// Returns the epoch, a number that changes when every entry becomes invalid. A caller that reads a subject without
    /// this cache reads the epoch first.
    pub(super) fn epoch(&self) -> u64 {
        self.snapshots.fences().epoch()
    }

    /// Returns the stamp of a subject that was read after `epoch`.
    pub(super) fn stamp(&self, found: &StoredSubject, epoch: u64) -> Stamp {
        self.snapshots.fences().stamp(found.row.subject.name.as_str(), epoch, found.seq)
    }

    /// Returns the hits and misses of each cache.
    pub(super) fn counts(&self) -> [(&'static str, &Hits); 3] {
        [
            ("subject", &self.subjects.counts),
            ("access_key", &self.keys.counts),
            ("refresh_token", &self.sessions.counts),
        ]
    }

    /// Returns true if the database does not answer.
    pub(super) fn is_cut_off(&self) -> bool {
        self.snapshots.is_failing()
    }

    /// Returns the time for which the database has not answered.
    pub(super) fn cut_off_for(&self) -> Duration {
        self.snapshots.lag()
    }

    /// Returns true if the database answers, now or within a moment.
    pub(super) async fn recovers(&self) -> bool {
        self.snapshots.recovers().await
    }

    /// Returns a user or robot by name, if it is in memory and still valid.
    pub(super) fn remembered_subject(&self, name: &SubjectName) -> Option<Arc<Cached<()>>> {
        self.recall(&self.subjects, name)
    }

    /// Looks up a user or robot by name.
    pub(super) async fn subject(&self, name: &SubjectName, lookup: Lookup) -> Result<Known, StoreError> {
        if let Some(cached) = self.hit(&self.subjects, name, lookup) {
            return Ok(Known::Subject(cached));
        }
        let still_absent = |absent: &Absent| self.snapshots.fresh().is_ok() && self.holds(&absent.stamp);
        let absent = if lookup == Lookup::Memory { self.absent.get(name) } else { None };
        if let Some(Absent { in_other_case, .. }) = absent.filter(still_absent) {
            self.subjects.counts.hit();
            return Ok(Known::Nobody { in_other_case });
        }
        let fences = self.snapshots.fences();
        let stamp = fences.stamp(name.as_str(), fences.epoch(), self.snapshots.current().seq());
        let in_other_case = AtomicBool::new(false);
        let read = async |reader: &mut Reader| {
            let found = reader.find_in_any_case(name).await?;
            let is_other = found.as_ref().is_some_and(|found| found.row.subject.name != *name);
            in_other_case.store(is_other, Ordering::Relaxed);
            Ok(found.filter(|_| !is_other).map(|found| (found, (), Timestamp::from_micros(0))))
        };
        if let Some(cached) = self.look_up(&self.subjects, name, lookup, read).await? {
            return Ok(Known::Subject(cached));
        }
        let in_other_case = in_other_case.into_inner();
        self.absent.insert(name.clone(), Absent { stamp, in_other_case });
        Ok(Known::Nobody { in_other_case })
    }

    /// Forgets a subject whose password got a better hash: that write leaves no record in the feed.
    pub(super) fn forget(&self, name: &SubjectName) {
        self.subjects.entries.forget(name);
    }

    /// Forgets sessions by their digests: they were dropped without a record in the feed.
    pub(super) fn forget_sessions(&self, digests: &[Digest]) {
        for key in digests.iter().filter_map(Digest::to_bytes) {
            self.sessions.entries.forget(&key);
        }
    }

    /// Forgets the entry of a credential. A check at the identity provider changes its subject without a record in
    /// the feed.
    pub(super) fn forget_credential(&self, key: &Key) {
        self.keys.entries.forget(key);
        self.sessions.entries.forget(key);
    }

    /// Looks up the owner of an access key.
    pub(super) async fn key(
        &self,
        key: &Key,
        lookup: Lookup,
    ) -> Result<Option<Arc<Cached<AccessKeyRow>>>, StoreError> {
        let read = async |reader: &mut Reader| {
            let owner = reader.find_key_owner(&Digest::from_bytes(key)).await?;
            Ok(owner.map(|(found, row)| {
                let used = row.last_used_at.unwrap_or(Timestamp::from_micros(0));
                (found, row, used)
            }))
        };
        match self.hit(&self.keys, key, lookup) {
            Some(cached) => Ok(Some(cached)),
            None => self.look_up(&self.keys, key, lookup, read).await,
        }
    }

    /// Looks up the owner of a refresh token.
    pub(super) async fn session(
        &self,
        key: &Key,
    ) -> Result<Option<Arc<Cached<RefreshTokenRow>>>, StoreError> {
        let read = async |reader: &mut Reader| {
            let owner = reader.find_refresh_owner(&Digest::from_bytes(key)).await?;
            Ok(owner.map(|(found, row)| {
                let used = row.last_used_at;
                (found, row, used)
            }))
        };
        if let Some(cached) = self.hit(&self.sessions, key, Lookup::Memory) {
            return Ok(Some(cached));
        }
        match self.look_up(&self.sessions, key, Lookup::Memory, read).await {
            // A session that is due to be looked up again keeps working, even before the feed notices that the
            // database does not answer.
            Err(error @ (StoreError::Unavailable(_) | StoreError::CutOff)) => {
                self.remembered(&self.sessions, key).map(Some).ok_or(error)
            }
            answer => answer,
        }
    }

    /// Returns the entry in memory, if it is still valid and `lookup` allows memory. Counts a hit.
    fn hit<K, T>(&self, cache: &CacheOf<K, T>, key: &K, lookup: Lookup) -> Option<Arc<Cached<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let cached = if lookup == Lookup::Memory { self.recall(cache, key) } else { None };
        if cached.is_some() {
            cache.counts.hit();
        }
        cached
    }

    /// Reads an entry from the database. Fails after [`LONGEST_WAIT`]. Only [`Lookup::Memory`] takes turns.
    async fn look_up<K, T>(
        &self,
        cache: &CacheOf<K, T>,
        key: &K,
        lookup: Lookup,
        read: impl AsyncFn(&mut Reader) -> Result<Option<(StoredSubject, T, Timestamp)>, StoreError>,
    ) -> Result<Option<Arc<Cached<T>>>, StoreError>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let answer = async {
            if !self.recovers().await {
                return Err(StoreError::CutOff);
            }
            let turn = self.turns.get(place_of(key, TURNS)).filter(|_| lookup == Lookup::Memory);
            let _turn = match turn {
                Some(turn) => Some(turn.lock().await),
                None => None,
            };
            // Another reader, ahead in the queue, may have read the same entry.
            match self.hit(cache, key, lookup) {
                Some(cached) => Ok(Some(cached)),
                None => {
                    cache.counts.miss();
                    self.read(cache, key, read).await
                }
            }
        };
        tokio::time::timeout(LONGEST_WAIT, answer).await?
    }

    /// Asks the database; asks again, [`TRIES`] times in all, if a change overtakes the answer.
    async fn read<K, T>(
        &self,
        cache: &CacheOf<K, T>,
        key: &K,
        read: impl AsyncFn(&mut Reader) -> Result<Option<(StoredSubject, T, Timestamp)>, StoreError>,
    ) -> Result<Option<Arc<Cached<T>>>, StoreError>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            let epoch = self.epoch();
            let answer = async { read(&mut self.store.read().await?).await };
            let answer = match answer.await {
                // The second try gets a new connection.
                Err(StoreError::Unavailable(_)) if tries == 1 => continue,
                answer => answer?,
            };
            let Some((found, detail, used)) = answer else {
                cache.entries.forget(key);
                return Ok(None);
            };
            let stamp = self.stamp(&found, epoch);
            let cached = Arc::new(Cached {
                subject: Arc::new(found.as_subject()),
                found: Arc::new(found),
                detail,
                stamp,
                noted: AtomicI64::new(used.as_micros()),
                read_at: Instant::now(),
            });
            cache.entries.insert(key.clone(), cached.clone());
            if self.holds(&stamp) || tries == TRIES {
                return Ok(Some(cached));
            }
        }
    }

    /// Returns the entry in memory, if it is valid and need not be looked up again. While the database does not
    /// answer, a session that is due to be looked up again keeps working.
    fn recall<K, T>(&self, cache: &CacheOf<K, T>, key: &K) -> Option<Arc<Cached<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let cached = self.remembered(cache, key)?;
        (cached.read_at.elapsed() < cache.lifetime || self.snapshots.is_failing()).then_some(cached)
    }

    /// Returns the entry in memory, if it is still valid. The time of its last lookup does not matter.
    fn remembered<K, T>(&self, cache: &CacheOf<K, T>, key: &K) -> Option<Arc<Cached<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let cached = cache.entries.get(key)?;
        (self.snapshots.fresh().is_ok() && self.holds(&cached.stamp)).then_some(cached)
    }
}

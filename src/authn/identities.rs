//! Cache of subjects and their credentials: a returning client needs no query.
//!
//! An entry is read when it is asked for, by one reader a key at a time. The caches are bounded by
//! weight. A change drops no entry: each carries the [`Stamp`] of the state it was read from, and an
//! entry whose stamp does not hold is read again. The cache also remembers that a subject does not
//! exist, so that neither time nor the metrics tell such a subject from an existing one.
//!
//! INVARIANT: an entry is used only while the feed is fresh enough to issue tokens from. Otherwise the
//! database is asked.

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

/// How much each of the three caches may hold, bytes, as estimated.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// Reads of one key take turns, so that one of them serves the others. Keys share this many locks.
const TURNS: usize = 64;
/// How many names without a subject are remembered.
const ABSENT: u64 = 10_000;
/// The longest wait for an answer, including the wait for the turn.
const LONGEST_WAIT: Duration = Duration::from_millis(2200);
/// How often an entry is read at most when changes of its subject overtake the answer.
const TRIES: usize = 3;
/// Sessions are looked up again after this time: one beyond the most that a user may have is dropped
/// without a record.
const SESSION_RECHECK: Duration = Duration::from_secs(60);

/// The SHA-256 of a secret of ours.
type Key = [u8; 32];

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lookup {
    /// In memory first.
    Memory,
    /// In the database, whatever is in memory.
    Database,
}

/// A subject as read. Where it was read through a credential, `detail` is that credential.
pub(super) struct Cached<T> {
    pub(super) found: Arc<StoredSubject>,
    pub(super) subject: Arc<Subject>,
    pub(super) detail: T,
    pub(super) stamp: Stamp,
    /// When a use was last noted, microseconds since the epoch.
    noted: AtomicI64,
    read_at: Instant,
}

impl<T> Cached<T> {
    /// Whether to note a use at `now`: at most once in `grain` seconds.
    pub(super) fn is_due(&self, now: Timestamp, grain: i64) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        let at = Timestamp::from_micros(noted);
        (at.plus_seconds(grain) <= now || at > now.newest_mark())
            && self
                .noted
                .compare_exchange(noted, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// When it was last used, as far as this replica knows.
    pub(super) fn noted(&self) -> Timestamp {
        Timestamp::from_micros(self.noted.load(Ordering::Relaxed))
    }
}

/// What is known of a name.
pub(super) enum Known {
    /// Somebody bears it.
    Subject(Arc<Cached<()>>),
    /// Nobody bears it, perhaps somebody with other upper and lower case.
    Nobody { in_other_case: bool },
}

/// A name that nobody bears, as of one state.
#[derive(Clone, Copy)]
struct Absent {
    stamp: Stamp,
    in_other_case: bool,
}

/// One cache and what is counted of it.
struct CacheOf<K, T> {
    entries: Cache<K, Arc<Cached<T>>>,
    counts: Hits,
    /// How long an entry is used before it is looked up again.
    lifetime: Duration,
}

impl<K, T> CacheOf<K, T>
where
    K: Eq + Hash + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// An empty cache. `own` estimates the bytes of an entry's details.
    fn new(lifetime: Duration, own: fn(&T) -> usize) -> Self {
        let weigh = move |cached: &Arc<Cached<T>>| weight(&cached.found) + own(&cached.detail);
        Self { entries: Cache::of_bytes(CAPACITY, weigh), counts: Hits::default(), lifetime }
    }
}

/// The caches, with the database behind them.
pub(super) struct Identities {
    store: Store,
    snapshots: Arc<Snapshots>,
    subjects: CacheOf<SubjectName, ()>,
    absent: Cache<SubjectName, Absent>,
    keys: CacheOf<Key, AccessKeyRow>,
    sessions: CacheOf<Key, RefreshTokenRow>,
    turns: Box<[Mutex<()>]>,
}

/// About how many bytes an entry takes: twice the length of its texts, and what is around them.
fn weight(found: &StoredSubject) -> usize {
    let row = &found.row;
    let labels = row.labels.as_map();
    let values = labels.values().flatten().map(|value| value.len() + 48).sum::<usize>();
    let keys = labels.keys().map(|key| key.len() + 72).sum::<usize>();
    let groups = found.groups.iter().map(|group| group.as_str().len() + 48).sum::<usize>();
    let texts = row.description.len() + row.subject.name.as_str().len() * 2;
    1024 + 2 * (values + keys + groups) + texts
}

/// About how many bytes the restriction of a key takes: a pattern takes some ten times its text.
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

    /// Whether what was read about a subject is as of the current snapshot.
    pub(super) fn holds(&self, stamp: &Stamp) -> bool {
        self.snapshots.fences().holds(stamp)
    }

    /// The epoch, to be read before a subject that is not kept here.
    pub(super) fn epoch(&self) -> u64 {
        self.snapshots.fences().epoch()
    }

    /// The stamp of a subject that was read after `epoch`.
    pub(super) fn stamp(&self, found: &StoredSubject, epoch: u64) -> Stamp {
        self.snapshots.fences().stamp(found.row.subject.name.as_str(), epoch, found.seq)
    }

    /// How often each cache had the answer.
    pub(super) fn counts(&self) -> [(&'static str, &Hits); 3] {
        [
            ("subject", &self.subjects.counts),
            ("access_key", &self.keys.counts),
            ("refresh_token", &self.sessions.counts),
        ]
    }

    /// Whether the database does not answer.
    pub(super) fn is_cut_off(&self) -> bool {
        self.snapshots.is_failing()
    }

    /// For how long the database has not answered.
    pub(super) fn cut_off_for(&self) -> Duration {
        self.snapshots.lag()
    }

    /// Whether the database answers, or does again within a moment.
    pub(super) async fn recovers(&self) -> bool {
        self.snapshots.recovers().await
    }

    /// A user or robot by name, if it is in memory and still holds.
    pub(super) fn remembered_subject(&self, name: &SubjectName) -> Option<Arc<Cached<()>>> {
        self.recall(&self.subjects, name)
    }

    /// A user or robot by name.
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

    /// Forgets a subject whose row was changed without a record: a better hash of its password.
    pub(super) fn forget(&self, name: &SubjectName) {
        self.subjects.entries.forget(name);
    }

    /// Forgets sessions that were dropped without a record, by their digests.
    pub(super) fn forget_sessions(&self, digests: &[Digest]) {
        for key in digests.iter().filter_map(Digest::to_bytes) {
            self.sessions.entries.forget(&key);
        }
    }

    /// Forgets what was read through a credential, whose subject was changed without a record: by a check at its
    /// identity provider.
    pub(super) fn forget_credential(&self, key: &Key) {
        self.keys.entries.forget(key);
        self.sessions.entries.forget(key);
    }

    /// The owner of an access key.
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

    /// The owner of a refresh token.
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
            // A session that is due to be looked up again keeps working, even before the feed notices
            // that the database does not answer.
            Err(error @ (StoreError::Unavailable(_) | StoreError::CutOff)) => {
                self.remembered(&self.sessions, key).map(Some).ok_or(error)
            }
            answer => answer,
        }
    }

    /// What is in memory and still holds, if `lookup` accepts it. Counts a hit.
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

    /// What the database says. Reads of one key take turns.
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
            // Another reader, ahead in the queue, may have read the same.
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

    /// Asks the database, again if a change of the subject overtakes the answer.
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
                // A second try gets a new connection.
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

    /// What is in memory, still holds, and need not be looked up again. While the database does not
    /// answer, a session that is due to be looked up again keeps working.
    fn recall<K, T>(&self, cache: &CacheOf<K, T>, key: &K) -> Option<Arc<Cached<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let cached = self.remembered(cache, key)?;
        (cached.read_at.elapsed() < cache.lifetime || self.snapshots.is_failing()).then_some(cached)
    }

    /// What is in memory and still holds, whenever it was looked up.
    fn remembered<K, T>(&self, cache: &CacheOf<K, T>, key: &K) -> Option<Arc<Cached<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let cached = cache.entries.get(key)?;
        (self.snapshots.fresh().is_ok() && self.holds(&cached.stamp)).then_some(cached)
    }
}

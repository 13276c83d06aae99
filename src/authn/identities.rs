//! Subjects and their credentials in memory, so that who comes again costs no question to the
//! database.
//!
//! Read on demand, one reader a key at a time; bounded by weight. Nothing is dropped on a change:
//! each entry carries the [`Stamp`] of the state it was read from, and one whose stamp does not hold
//! is read again. That a subject does not exist is remembered likewise, so that neither time nor the
//! metrics tell it from one that does.
//!
//! INVARIANT: an entry is used only while the feed is fresh enough to issue tokens from; otherwise
//! the database is asked.

use super::cache::{Cache, Hits};
use crate::domain::policy::Restriction;
use crate::domain::secret::Digest;
use crate::domain::subject::{Subject, SubjectName};
use crate::domain::time::Timestamp;
use crate::snapshot::{Snapshots, Stamp, place_of};
use crate::storage::{AccessKeyRow, Reader, RefreshTokenRow, Store, StoreError, StoredSubject};
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How much each of the three caches may hold, bytes, as estimated.
const CAPACITY: u64 = 64 * 1024 * 1024;
/// Keys share this many turns to be read from the database.
const TURNS: usize = 64;
/// How many names are remembered that nobody bears.
const ABSENT: u64 = 10_000;
/// How long an answer is waited for, the wait for the turn included.
const LONGEST_WAIT: Duration = Duration::from_millis(2200);
/// How often reading is repeated when changes of the subject overtake it.
const TRIES: usize = 3;
/// A session beyond the most that one user may have is dropped without a record, so that sessions
/// are looked up again after this time.
const SESSION_RECHECK: Duration = Duration::from_secs(60);

/// The SHA-256 of a secret of ours.
type Key = [u8; 32];

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// In memory first.
    Memory,
    /// In the database, whatever is in memory.
    Database,
}

/// A subject, and with a credential that it presents the details of that.
pub(super) struct Known<T> {
    pub(super) found: Arc<StoredSubject>,
    pub(super) subject: Arc<Subject>,
    pub(super) detail: T,
    pub(super) stamp: Stamp,
    /// When its use was last noted, microseconds since the epoch.
    noted: AtomicI64,
    read_at: Instant,
}

impl<T> Known<T> {
    /// Whether a use at `now` is to be noted: at most once in `grain` seconds.
    pub(super) fn is_due(&self, now: Timestamp, grain: i64) -> bool {
        let noted = self.noted.load(Ordering::Relaxed);
        Timestamp::from_micros(noted).plus_seconds(grain) <= now
            && self
                .noted
                .compare_exchange(noted, now.as_micros(), Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    /// When it was last used, as far as is known here.
    pub(super) fn noted(&self) -> Timestamp {
        Timestamp::from_micros(self.noted.load(Ordering::Relaxed))
    }
}

/// One cache and what is counted of it.
struct Shelf<K, T> {
    cache: Cache<K, Arc<Known<T>>>,
    counts: Hits,
    /// How long an entry is used before it is looked up again.
    lifetime: Duration,
}

/// The caches.
pub(super) struct Identities {
    store: Store,
    snapshots: Arc<Snapshots>,
    subjects: Shelf<SubjectName, ()>,
    absent: Cache<SubjectName, Stamp>,
    keys: Shelf<Key, AccessKeyRow>,
    sessions: Shelf<Key, RefreshTokenRow>,
    turns: Box<[Mutex<()>]>,
}

fn shelf<K, T>(lifetime: Duration, own: fn(&T) -> usize) -> Shelf<K, T>
where
    K: Eq + Hash + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let weigh = move |known: &Arc<Known<T>>| weight(&known.found) + own(&known.detail);
    Shelf { cache: Cache::of_bytes(CAPACITY, weigh), counts: Hits::default(), lifetime }
}

/// About how many bytes an entry takes: twice what its texts have, and what is around them.
fn weight(found: &StoredSubject) -> usize {
    let row = &found.row;
    let labels = row.labels.as_map();
    let values = labels.values().flatten().map(|value| value.len() + 48).sum::<usize>();
    let keys = labels.keys().map(|key| key.len() + 72).sum::<usize>();
    let groups = found.groups.iter().map(|group| group.as_str().len() + 48).sum::<usize>();
    let texts = row.description.len() + row.subject.name.as_str().len() * 2;
    1024 + 2 * (values + keys + groups) + texts
}

/// The same of what a key is narrowed to: a pattern takes some ten times its text.
fn restriction_weight(restriction: &Restriction) -> usize {
    restriction.to_strings().iter().map(|entry| 256 + entry.len() * 10).sum()
}

impl Identities {
    pub(super) fn new(store: Store, snapshots: Arc<Snapshots>) -> Self {
        Self {
            store,
            snapshots,
            subjects: shelf(Duration::MAX, |()| 0),
            absent: Cache::of_entries(ABSENT),
            keys: shelf(Duration::MAX, |key| key.restriction.as_deref().map_or(0, restriction_weight)),
            sessions: shelf(SESSION_RECHECK, |_| 0),
            turns: (0..TURNS).map(|_| Mutex::new(())).collect(),
        }
    }

    /// Whether what was read about a subject is as of the current snapshot.
    pub(super) fn holds(&self, stamp: &Stamp) -> bool {
        self.snapshots.fences().holds(stamp)
    }

    /// How often subjects, access keys and sessions were in memory.
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

    /// A user or robot by name, if it is in memory and as it was.
    pub(super) fn remembered_subject(&self, name: &SubjectName) -> Option<Arc<Known<()>>> {
        self.recall(&self.subjects, name)
    }

    /// A user or robot by name.
    pub(super) async fn subject(
        &self,
        name: &SubjectName,
        source: Source,
    ) -> Result<Option<Arc<Known<()>>>, StoreError> {
        if let Some(known) = self.hit(&self.subjects, name, source) {
            return Ok(Some(known));
        }
        let known_absent = |stamp: Stamp| self.snapshots.fresh().is_ok() && self.holds(&stamp);
        if source == Source::Memory && self.absent.get(name).is_some_and(known_absent) {
            self.subjects.counts.hit();
            return Ok(None);
        }
        let fences = self.snapshots.fences();
        let stamp = fences.stamp(name.as_str(), fences.epoch(), self.snapshots.current().seq());
        let read = async |reader: &mut Reader| {
            Ok(reader.find_subject(name).await?.map(|found| (found, (), Timestamp::from_micros(0))))
        };
        let found = self.look_up(&self.subjects, name, source, read).await?;
        if found.is_none() {
            self.absent.insert(name.clone(), stamp);
        }
        Ok(found)
    }

    /// Forgets a subject whose row was changed without a record: a better hash of its password.
    pub(super) fn forget(&self, name: &SubjectName) {
        self.subjects.cache.forget(name);
    }

    /// Forgets sessions that were dropped without a record, by their digests.
    pub(super) fn forget_sessions(&self, digests: &[Digest]) {
        for key in digests.iter().filter_map(Digest::to_bytes) {
            self.sessions.cache.forget(&key);
        }
    }

    /// The owner of an access key.
    pub(super) async fn key(
        &self,
        key: &Key,
        source: Source,
    ) -> Result<Option<Arc<Known<AccessKeyRow>>>, StoreError> {
        let read = async |reader: &mut Reader| {
            let owner = reader.find_key_owner(&Digest::from_bytes(key)).await?;
            Ok(owner.map(|(found, row)| {
                let used = row.last_used_at.unwrap_or(Timestamp::from_micros(0));
                (found, row, used)
            }))
        };
        match self.hit(&self.keys, key, source) {
            Some(known) => Ok(Some(known)),
            None => self.look_up(&self.keys, key, source, read).await,
        }
    }

    /// The owner of a refresh token.
    pub(super) async fn session(&self, key: &Key) -> Result<Option<Arc<Known<RefreshTokenRow>>>, StoreError> {
        let read = async |reader: &mut Reader| {
            let owner = reader.find_refresh_owner(&Digest::from_bytes(key)).await?;
            Ok(owner.map(|(found, row)| {
                let used = row.last_used_at;
                (found, row, used)
            }))
        };
        if let Some(known) = self.hit(&self.sessions, key, Source::Memory) {
            return Ok(Some(known));
        }
        match self.look_up(&self.sessions, key, Source::Memory, read).await {
            // One that is due to be looked up again goes on, even before the feed notices that the
            // database does not answer.
            Err(error @ (StoreError::Unavailable(_) | StoreError::CutOff)) => {
                self.remembered(&self.sessions, key).map(Some).ok_or(error)
            }
            answer => answer,
        }
    }

    /// What is in memory, where that may be used.
    fn hit<K, T>(&self, shelf: &Shelf<K, T>, key: &K, source: Source) -> Option<Arc<Known<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let known = if source == Source::Memory { self.recall(shelf, key) } else { None };
        if known.is_some() {
            shelf.counts.hit();
        }
        known
    }

    /// What the database says, when it is the turn of this key.
    async fn look_up<K, T>(
        &self,
        shelf: &Shelf<K, T>,
        key: &K,
        source: Source,
        read: impl AsyncFn(&mut Reader) -> Result<Option<(StoredSubject, T, Timestamp)>, StoreError>,
    ) -> Result<Option<Arc<Known<T>>>, StoreError>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let answer = async {
            if !self.recovers().await {
                return Err(StoreError::CutOff);
            }
            let turn = self.turns.get(place_of(key, TURNS)).filter(|_| source == Source::Memory);
            let _turn = match turn {
                Some(turn) => Some(turn.lock().await),
                None => None,
            };
            // Whoever was ahead may have read the same.
            match self.hit(shelf, key, source) {
                Some(known) => Ok(Some(known)),
                None => {
                    shelf.counts.miss();
                    self.read(shelf, key, read).await
                }
            }
        };
        tokio::time::timeout(LONGEST_WAIT, answer).await?
    }

    /// Asks the database, until no change of the subject overtakes the answer.
    async fn read<K, T>(
        &self,
        shelf: &Shelf<K, T>,
        key: &K,
        read: impl AsyncFn(&mut Reader) -> Result<Option<(StoredSubject, T, Timestamp)>, StoreError>,
    ) -> Result<Option<Arc<Known<T>>>, StoreError>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            let epoch = self.snapshots.fences().epoch();
            let answer = async { read(&mut self.store.read().await?).await };
            let answer = match answer.await {
                // The next connection is a new one.
                Err(StoreError::Unavailable(_)) if tries == 1 => continue,
                answer => answer?,
            };
            let Some((found, detail, used)) = answer else {
                shelf.cache.forget(key);
                return Ok(None);
            };
            let stamp = self.snapshots.fences().stamp(found.row.subject.name.as_str(), epoch, found.seq);
            let known = Arc::new(Known {
                subject: Arc::new(found.as_subject()),
                found: Arc::new(found),
                detail,
                stamp,
                noted: AtomicI64::new(used.as_micros()),
                read_at: Instant::now(),
            });
            shelf.cache.insert(key.clone(), known.clone());
            if self.holds(&stamp) || tries == TRIES {
                return Ok(Some(known));
            }
        }
    }

    /// What is in memory and still holds. While the database does not answer, a session that is due
    /// to be looked up again goes on.
    fn recall<K, T>(&self, shelf: &Shelf<K, T>, key: &K) -> Option<Arc<Known<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let known = self.remembered(shelf, key)?;
        (known.read_at.elapsed() < shelf.lifetime || self.snapshots.is_failing()).then_some(known)
    }

    /// What is in memory and still holds, whenever it was looked up.
    fn remembered<K, T>(&self, shelf: &Shelf<K, T>, key: &K) -> Option<Arc<Known<T>>>
    where
        K: Eq + Hash + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        let known = shelf.cache.get(key)?;
        (self.snapshots.fresh().is_ok() && self.holds(&known.stamp)).then_some(known)
    }
}

//! The policy, the services and the identity providers in memory, kept up to date from the change feed.
//!
//! Readers take an immutable [`Snapshot`] without a lock. Each write that the audit trail records refreshes the
//! snapshot before the server answers the request. A background task refreshes the snapshot several times a second, so
//! writes of other replicas are in force within a second. INVARIANT: a snapshot is the state after a whole transaction,
//! never between two of its changes.

mod error;
mod fences;
mod looking;
mod sight;
mod state;

pub use error::TooStale;
pub use fences::{Fences, Stamp, place_of};
pub use looking::{Effort, LookError, Looking};
pub use sight::{Kept, Sight};
pub use state::Snapshot;

use crate::storage::{Counter, Reader, Store, StoreError};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout};

/// The number of changes that one query reads.
const BATCH: i64 = 1000;
/// The number of missing changes up to which the changes are always replayed. A policy with more than 4,000 rules
/// replays up to a quarter of its number of rules: 10,000 rules replay up to 2,500 changes. If more changes are
/// missing, everything is loaded again.
const REPLAY_AT_MOST: i64 = 1000;
/// The greatest age of a healthy feed. This age allows for a long read, and for a database that no longer answers while
/// no read has failed yet.
const HEALTHY: Duration = Duration::from_secs(5);
/// The greatest age of a healthy feed if the operator allows a staleness of at most this time. The writes of other
/// replicas must be in force within a second.
const PROMISED: Duration = Duration::from_secs(1);
/// The longest time for which a request waits until the snapshot includes a change.
const PATIENCE: Duration = Duration::from_millis(2500);
/// The longest time for which a request waits for a failed database. A quick restart of the database takes less time.
const RECOVERY: Duration = Duration::from_secs(2);

/// The freshness of the policy in memory, which decides who gets a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The database answers.
    Fresh,
    /// The database does not answer, but the policy is recent enough for clients whose credentials were verified
    /// before.
    Stale,
    /// The policy is older than the operator allows, so nobody gets a token.
    TooOld,
}

impl Freshness {
    /// All values, with their names in metrics.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Fresh, "fresh"), (Self::Stale, "stale"), (Self::TooOld, "too_old")];
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The current snapshot, and everything that keeps it up to date.
pub struct Snapshots {
    store: Store,
    current: ArcSwap<Snapshot>,
    refreshing: Mutex<()>,
    /// The start of the monotonic clock that measures staleness. Nobody can set that clock back.
    started: Instant,
    /// The time of the last successful reading of the feed, in microseconds after `started`.
    seen_at: AtomicU64,
    failing: AtomicBool,
    recovered: Notify,
    max_staleness: Duration,
    fences: Fences,
    looking: Looking,
    /// The duration of the last complete load, in microseconds.
    build: AtomicU64,
    /// The number of times that the feed did not continue from the last known change, or that a change could not be
    /// parsed.
    breaks: AtomicU64,
}

impl Snapshots {
    /// Loads the first snapshot.
    pub async fn load(store: Store, max_staleness: Duration) -> Result<Self, StoreError> {
        let began = Instant::now();
        let snapshot = Snapshot::load(&mut store.read_feed().await?).await?;
        let snapshots = Self {
            store,
            current: ArcSwap::from_pointee(snapshot),
            refreshing: Mutex::new(()),
            started: Instant::now(),
            seen_at: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            recovered: Notify::new(),
            max_staleness,
            fences: Fences::default(),
            looking: Looking::new(processors(), usize::MAX),
            build: AtomicU64::new(0),
            breaks: AtomicU64::new(0),
        };
        snapshots.note_build(began);
        snapshots.refresh().await?;
        Ok(snapshots)
    }

    /// Limits the number of names that one request may examine to `names`.
    #[must_use]
    pub fn looking_at(self, names: usize) -> Self {
        Self { looking: Looking::new(processors(), names), ..self }
    }

    /// Returns the turns for requests that examine many names.
    #[must_use]
    pub fn looking(&self) -> &Looking {
        &self.looking
    }

    /// Returns the current snapshot, whatever its age.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Returns the fences, which tell whether cached entries about subjects are valid.
    #[must_use]
    pub fn fences(&self) -> &Fences {
        &self.fences
    }

    /// Returns the current snapshot for a decision.
    ///
    /// Fails with [`TooStale`] if the snapshot is [`Freshness::TooOld`].
    pub fn fresh(&self) -> Result<Arc<Snapshot>, TooStale> {
        match self.freshness() {
            Freshness::TooOld => Err(TooStale),
            Freshness::Fresh | Freshness::Stale => Ok(self.current()),
        }
    }

    /// Returns the freshness of the current snapshot.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        let (failing, lag) = (self.is_failing(), self.lag());
        // Between two readings, the snapshot is always some time old. While the database answers, this time does not
        // count as staleness.
        let healthy = if failing { Duration::ZERO } else { self.max_staleness.clamp(PROMISED, HEALTHY) };
        if lag > self.max_staleness.saturating_add(healthy) {
            Freshness::TooOld
        } else if failing || lag > HEALTHY {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }

    /// Returns the longest time for which the policy in memory may be used while the database does not answer.
    #[must_use]
    pub fn max_staleness(&self) -> Duration {
        self.max_staleness
    }

    /// Waits for a failed database, and returns true if the database answers in time. To wait is better than to refuse
    /// the request, because clients remember a refusal.
    pub async fn recovers(&self) -> bool {
        let recovery = async {
            loop {
                let recovered = self.recovered.notified();
                if !self.is_failing() {
                    return;
                }
                recovered.await;
            }
        };
        timeout(RECOVERY, recovery).await.is_ok()
    }

    /// Returns true if the last reading of the feed failed.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }

    /// Returns a snapshot that includes the change `seq`, which must already be in the feed. Waits for at most 2.5
    /// seconds.
    ///
    /// Fails with [`StoreError`] if the feed cannot be read in time.
    pub async fn at_least(&self, seq: i64) -> Result<Arc<Snapshot>, StoreError> {
        self.at_least_within(seq, PATIENCE).await
    }

    /// Returns a snapshot that includes the change `seq`, which must already be in the feed. Waits for at most
    /// `patience`: after a write of very many rules, the usual time of [`at_least`](Self::at_least) is too short.
    ///
    /// Fails with [`StoreError`] if the feed cannot be read in time.
    pub async fn at_least_within(&self, seq: i64, patience: Duration) -> Result<Arc<Snapshot>, StoreError> {
        if self.current.load().seq() < seq {
            timeout(patience, self.refresh()).await??;
        }
        Ok(self.current())
    }

    /// Updates the snapshot to the end of the feed. This takes long if very many rules are new.
    ///
    /// Fails with [`StoreError`] if the feed or the tables cannot be read. The snapshot then stays unchanged.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        // The lock is kept until the result is noted, so an earlier failure never hides a later success.
        let _turn = self.refreshing.lock().await;
        let began = self.elapsed();
        let result = self.catch_up().await;
        match &result {
            Ok(()) => {
                self.seen_at.fetch_max(began, Ordering::AcqRel);
                self.failing.store(false, Ordering::Release);
                self.recovered.notify_waiters();
            }
            Err(_) => self.failing.store(true, Ordering::Release),
        }
        result
    }

    /// Returns the time that the last complete load of the database took.
    #[must_use]
    pub fn build(&self) -> Duration {
        Duration::from_micros(self.build.load(Ordering::Relaxed))
    }

    /// Returns the time since the end of the feed was last reached.
    #[must_use]
    pub fn lag(&self) -> Duration {
        Duration::from_micros(self.elapsed().saturating_sub(self.seen_at.load(Ordering::Acquire)))
    }

    /// Returns the number of times that the feed did not continue from the last known change, or that a change could
    /// not be parsed. Each time, everything was loaded again.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::Relaxed)
    }

    fn note_break(&self, last: i64, head: i64) {
        self.breaks.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(
            last,
            head,
            "the change feed does not continue from the last change seen, probably because of a failover or a restore: loading everything again"
        );
    }

    fn note_build(&self, began: Instant) {
        self.build.store(micros(began.elapsed()), Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        micros(self.started.elapsed())
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        let mut reader = self.store.read_feed().await?;
        let mut next = Snapshot::clone(&self.current.load());
        let mut reloaded = false;
        loop {
            // The counter is read after everything in `next`. When `next` reaches the counter, `next` is a whole
            // state.
            let head = reader.counter().await?;
            if head == next.counter {
                break;
            }
            let behind = head.seq - next.seq();
            let worth_it = i64::try_from(next.policy.len() / 4).unwrap_or(i64::MAX).max(REPLAY_AT_MOST);
            let replayed = if behind > worth_it {
                None
            } else {
                let replayed = replay(&mut reader, &next, &head, &self.fences).await?;
                if replayed.is_none() {
                    self.note_break(next.seq(), head.seq);
                }
                replayed
            };
            next = match replayed {
                Some(replayed) => replayed,
                None => {
                    let began = Instant::now();
                    let loaded = Snapshot::load(&mut reader).await?;
                    self.note_build(began);
                    self.fences.raise_all();
                    reloaded = true;
                    loaded
                }
            };
        }
        if next.counter != self.current.load().counter {
            self.current.store(Arc::new(next));
        }
        if reloaded {
            // An entry that was cached during the load was checked against the old snapshot, so it becomes invalid too.
            self.fences.raise_all();
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Applies the changes from `before` up to `head`, which ends a transaction, and raises the fences of the subjects that
/// the changes touch. Returns `None` if the feed does not continue from `before` (after a failover or a restore), or if
/// a change cannot be parsed.
async fn replay(
    reader: &mut Reader,
    before: &Snapshot,
    head: &Counter,
    fences: &Fences,
) -> Result<Option<Snapshot>, StoreError> {
    let mut next = before.clone();
    if before.seq() > 0 {
        // The feed must still contain the last change of this state.
        let last = reader.changes_from(before.seq(), 1).await?;
        if last.first().is_none_or(|last| last.seq != before.seq() || last.hash != before.counter.head_hash) {
            return Ok(None);
        }
    }
    while next.seq() < head.seq {
        let changes = reader.changes_from(next.seq() + 1, BATCH).await?;
        let mut applied = false;
        for change in changes.iter().take_while(|change| change.seq <= head.seq) {
            let continues = change.seq == next.seq() + 1 && change.prev_hash == next.counter.head_hash;
            if !continues || next.apply(change).is_none() {
                return Ok(None);
            }
            fences.raise(change);
            applied = true;
        }
        if !applied {
            return Ok(None);
        }
    }
    Ok((next.counter == *head).then_some(next))
}

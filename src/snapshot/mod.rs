//! The policy and the services in memory, kept fresh from the change feed.
//!
//! Readers take an immutable [`Snapshot`] without locking. A write refreshes it before it is
//! answered; a background task refreshes it all the time, so that the writes of other replicas
//! hold within a second.
//! INVARIANT: a snapshot is the state after a whole transaction, never between two of its changes.

mod error;
mod fences;
mod state;

pub use error::TooStale;
pub use fences::{Fences, Stamp, place_of};
pub use state::Snapshot;

use crate::storage::{Counter, Reader, Store, StoreError};
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout};

/// How many changes are read at once.
const BATCH: i64 = 1000;
/// A feed that is further behind is not replayed, unless there are many times as many rules to load.
const REPLAY_AT_MOST: i64 = 1000;
/// How old a feed may be that was read without failure: while very much is read, or the database does not
/// answer and nobody has noticed yet.
const HEALTHY: Duration = Duration::from_secs(5);
/// The same where nothing stale is to be served: what is promised of other replicas' writes.
const PROMISED: Duration = Duration::from_secs(1);
/// How long a request waits for the snapshot to catch up.
const PATIENCE: Duration = Duration::from_millis(2500);
/// How long a request waits for the database to come back: long enough for a quick restart.
const RECOVERY: Duration = Duration::from_secs(2);

/// How far the policy in memory can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The database answers.
    Fresh,
    /// The database does not answer, and memory is young enough for who was proven before.
    Stale,
    /// Memory is older than the operator allows: nobody gets a token.
    TooOld,
}

impl Freshness {
    /// Each of them, with its name in metrics.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Fresh, "fresh"), (Self::Stale, "stale"), (Self::TooOld, "too_old")];
}

/// The current snapshot and what keeps it fresh.
pub struct Snapshots {
    store: Store,
    current: ArcSwap<Snapshot>,
    refreshing: Mutex<()>,
    /// Staleness is measured by the monotonic clock, which no one sets back.
    started: Instant,
    /// When the feed was last seen, microseconds after `started`.
    seen_at: AtomicU64,
    failing: AtomicBool,
    recovered: Notify,
    max_staleness: Duration,
    fences: Fences,
    /// How long the last complete load took, microseconds.
    build: AtomicU64,
    /// How often the feed did not go on from the last change that was seen.
    breaks: AtomicU64,
}

impl Snapshots {
    /// Reads everything once.
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
            build: AtomicU64::new(0),
            breaks: AtomicU64::new(0),
        };
        snapshots.note_build(began);
        snapshots.refresh().await?;
        Ok(snapshots)
    }

    /// The current snapshot, however old.
    #[must_use]
    pub fn current(&self) -> Arc<Snapshot> {
        self.current.load_full()
    }

    /// Which of what was read about subjects still holds.
    #[must_use]
    pub fn fences(&self) -> &Fences {
        &self.fences
    }

    /// The current snapshot, to decide from.
    ///
    /// # Errors
    /// [`TooStale`] when the feed was last seen more than the allowed staleness ago.
    pub fn fresh(&self) -> Result<Arc<Snapshot>, TooStale> {
        match self.freshness() {
            Freshness::TooOld => Err(TooStale),
            Freshness::Fresh | Freshness::Stale => Ok(self.current()),
        }
    }

    /// How far the current snapshot can be trusted.
    #[must_use]
    pub fn freshness(&self) -> Freshness {
        let (failing, lag) = (self.is_failing(), self.lag());
        // A healthy feed is up to one poll old; that is not staleness.
        let healthy = if failing { Duration::ZERO } else { self.max_staleness.clamp(PROMISED, HEALTHY) };
        if lag > self.max_staleness.saturating_add(healthy) {
            Freshness::TooOld
        } else if failing || lag > HEALTHY {
            Freshness::Stale
        } else {
            Freshness::Fresh
        }
    }

    /// For how long memory may be used while the database does not answer.
    #[must_use]
    pub fn max_staleness(&self) -> Duration {
        self.max_staleness
    }

    /// Whether the database answers again within a moment: what needs it had better wait than be
    /// refused, because clients remember a refusal.
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

    /// Whether the database did not answer when the feed was last looked at.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failing.load(Ordering::Acquire)
    }

    /// A snapshot that includes the change `seq`, which is there or comes within seconds.
    ///
    /// # Errors
    /// [`StoreError`] when the feed cannot be read in time.
    pub async fn at_least(&self, seq: i64) -> Result<Arc<Snapshot>, StoreError> {
        self.at_least_within(seq, PATIENCE).await
    }

    /// The same with another patience: after a write of very many rules.
    ///
    /// # Errors
    /// [`StoreError`] when the feed cannot be read in time.
    pub async fn at_least_within(&self, seq: i64, patience: Duration) -> Result<Arc<Snapshot>, StoreError> {
        if self.current.load().seq() < seq {
            timeout(patience, self.refresh()).await??;
        }
        Ok(self.current())
    }

    /// Catches up with the feed, which takes long when very many rules are new.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer in time; the snapshot stays as it was.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        // Held until the result is noted, so that an earlier failure never hides a later success.
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

    /// How long the policy last took to be built from the whole database.
    #[must_use]
    pub fn build(&self) -> Duration {
        Duration::from_micros(self.build.load(Ordering::Relaxed))
    }

    /// How long ago the feed was last seen to its end.
    #[must_use]
    pub fn lag(&self) -> Duration {
        Duration::from_micros(self.elapsed().saturating_sub(self.seen_at.load(Ordering::Acquire)))
    }

    /// How often the feed did not go on from the last change that was seen, so that everything was
    /// loaded anew.
    #[must_use]
    pub fn breaks(&self) -> u64 {
        self.breaks.load(Ordering::Relaxed)
    }

    fn note_break(&self, last: i64, head: i64) {
        self.breaks.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(
            last,
            head,
            "the change feed does not go on from the last change seen, after a failover or a restore: loading everything anew"
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
            // Read after everything that `next` was read from, so that reaching it is a whole state.
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
            // What was read meanwhile was held against the state before.
            self.fences.raise_all();
        }
        Ok(())
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Applies what came after `before` up to `head`, which ends a transaction, and raises the fences of
/// the subjects it touches. `None` when the feed
/// does not continue from there: a failover or a restored file.
async fn replay(
    reader: &mut Reader,
    before: &Snapshot,
    head: &Counter,
    fences: &Fences,
) -> Result<Option<Snapshot>, StoreError> {
    let mut next = before.clone();
    if before.seq() > 0 {
        // Whether the feed still has the change that this state ends with.
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

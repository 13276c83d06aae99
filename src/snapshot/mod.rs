//! The policy and the services in memory, kept fresh from the change feed.
//!
//! Readers take an immutable [`Snapshot`] without locking. A write refreshes it before it is
//! answered; a background task refreshes it all the time, so that the writes of other replicas
//! hold within a second.
//! INVARIANT: a snapshot is the state after a whole transaction, never between two of its changes.

mod fences;

pub use fences::{Fences, Stamp};

use crate::domain::change::ChangeRecord;
use crate::domain::policy::{Policy, Rule, RuleFields, RuleName};
use crate::domain::service::{Service, ServiceName, VerifierProfile};
use crate::domain::time::Ttl;
use crate::storage::{Counter, Session, Store, StoreError};
use arc_swap::ArcSwap;
use serde_json::Value;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

/// How many changes are read at once.
const BATCH: i64 = 1000;
/// How many rules are read at once.
const PAGE: i64 = 10_000;
/// A feed that is further behind is not replayed, unless there are many times as many rules to load.
const REPLAY_AT_MOST: i64 = 1000;
/// How long one question to the database may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);
/// How old a feed may be that was read without failure.
const HEALTHY: Duration = Duration::from_secs(5);
/// How long a request waits for the snapshot to catch up.
const PATIENCE: Duration = Duration::from_secs(3);

/// One state of the policy and the services.
#[derive(Clone)]
pub struct Snapshot {
    counter: Counter,
    /// The compiled rules.
    pub policy: Policy,
    /// The services by name.
    pub services: BTreeMap<ServiceName, Service>,
}

impl Snapshot {
    /// The seq of the last change in it.
    #[must_use]
    pub fn seq(&self) -> i64 {
        self.counter.seq
    }

    async fn load(session: &mut Session) -> Result<Self, StoreError> {
        // The counter first: changes that come while the tables are read are replayed on top,
        // which is harmless because each carries the full state of its object.
        let counter = in_time(session.counter()).await?;
        let services = in_time(session.list_services()).await?;
        let cut = |_| StoreError::Cut;
        let mut compiling = spawn_blocking(Policy::default);
        let mut stored = in_time(session.scan_rules("", PAGE)).await?;
        while let Some(last) = stored.last_name().map(str::to_owned) {
            // One page is compiled while the next one is parsed and the one after that is read.
            let parsing = spawn_blocking(move || stored.parse());
            stored = in_time(session.scan_rules(&last, PAGE)).await?;
            let rules = parsing.await.map_err(cut)??;
            let mut policy = compiling.await.map_err(cut)?;
            compiling = spawn_blocking(move || {
                policy.insert_all(rules);
                policy
            });
        }
        let policy = compiling.await.map_err(cut)?;
        let services = services.into_iter().map(|row| (row.service.name.clone(), row.service)).collect();
        Ok(Self { counter, policy, services })
    }

    /// This state with one more change, `None` when the change cannot be understood.
    fn apply(&mut self, change: &ChangeRecord) -> Option<()> {
        match (change.kind.as_str(), &change.after) {
            ("rule", Some(after)) => self.policy.insert(rule_from(after)?),
            ("rule", None) => self.policy.remove(&RuleName::parse(&change.name).ok()?),
            ("service", Some(after)) => {
                let service = service_from(after)?;
                self.services.insert(service.name.clone(), service);
            }
            ("service", None) => {
                self.services.remove(&ServiceName::parse(&change.name).ok()?);
            }
            _ => {}
        }
        self.counter = Counter { seq: change.seq, head_hash: change.hash.clone() };
        Some(())
    }
}

/// The database's answer, if it comes in time.
async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
        Ok(result) => result,
        Err(elapsed) => Err(StoreError::Unavailable(Box::new(elapsed))),
    }
}

/// Reads a rule as a change records it: its fields, and `managed_by` beside them.
fn rule_from(after: &Value) -> Option<Rule> {
    let mut fields = after.as_object()?.clone();
    fields.remove("managed_by");
    let fields: RuleFields = serde_json::from_value(Value::Object(fields)).ok()?;
    Rule::try_from(fields).ok()
}

fn service_from(after: &Value) -> Option<Service> {
    Some(Service {
        name: ServiceName::parse(after.get("name")?.as_str()?).ok()?,
        token_ttl: Ttl::try_from(after.get("token_ttl")?.as_i64()?).ok()?,
        offline_tokens: after.get("offline_tokens")?.as_bool()?,
        profile: VerifierProfile::parse(after.get("profile")?.as_str()?).ok()?,
        managed_by: after.get("managed_by").and_then(Value::as_str).map(str::to_owned),
    })
}

/// The feed is older than the operator allows to be trusted.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the policy in memory is too old: the database has not answered for longer than --max-staleness")]
pub struct TooStale;

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
    max_staleness: Duration,
    fences: Fences,
    /// How long the last complete load took, microseconds.
    build: AtomicU64,
}

impl Snapshots {
    /// Reads everything once.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(store: Store, max_staleness: Duration) -> Result<Self, StoreError> {
        let began = Instant::now();
        let snapshot = Snapshot::load(&mut store.read().await?).await?;
        let snapshots = Self {
            store,
            current: ArcSwap::from_pointee(snapshot),
            refreshing: Mutex::new(()),
            started: Instant::now(),
            seen_at: AtomicU64::new(0),
            failing: AtomicBool::new(false),
            max_staleness,
            fences: Fences::default(),
            build: AtomicU64::new(0),
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
        // A healthy feed is up to one poll old; that is not staleness.
        let healthy = if self.is_failing() { Duration::ZERO } else { HEALTHY };
        if self.lag() > self.max_staleness.saturating_add(healthy) {
            return Err(TooStale);
        }
        Ok(self.current())
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
            match tokio::time::timeout(patience, self.refresh()).await {
                Ok(result) => result?,
                Err(elapsed) => return Err(StoreError::Unavailable(Box::new(elapsed))),
            }
        }
        Ok(self.current())
    }

    /// Catches up with the feed, which takes long when very many rules are new.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer in time; the snapshot stays as it was.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let began = self.elapsed();
        let result = self.catch_up().await;
        match &result {
            Ok(()) => {
                self.seen_at.fetch_max(began, Ordering::AcqRel);
                self.failing.store(false, Ordering::Release);
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

    fn note_build(&self, began: Instant) {
        self.build.store(micros(began.elapsed()), Ordering::Relaxed);
    }

    fn elapsed(&self) -> u64 {
        micros(self.started.elapsed())
    }

    async fn catch_up(&self) -> Result<(), StoreError> {
        let _turn = self.refreshing.lock().await;
        let mut session = in_time(self.store.read()).await?;
        let mut next = Snapshot::clone(&self.current.load());
        let mut reloaded = false;
        loop {
            // Read after everything that `next` was read from, so that reaching it is a whole state.
            let head = in_time(session.counter()).await?;
            if head == next.counter {
                break;
            }
            let behind = head.seq - next.seq();
            let worth_it = i64::try_from(next.policy.len() / 4).unwrap_or(i64::MAX).max(REPLAY_AT_MOST);
            let replayed = if behind > worth_it {
                None
            } else {
                replay(&mut session, &next, &head, &self.fences).await?
            };
            next = match replayed {
                Some(replayed) => replayed,
                None => {
                    let began = Instant::now();
                    let loaded = Snapshot::load(&mut session).await?;
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
    session: &mut Session,
    before: &Snapshot,
    head: &Counter,
    fences: &Fences,
) -> Result<Option<Snapshot>, StoreError> {
    let mut next = before.clone();
    if before.seq() > 0 {
        // Whether the feed still has the change that this state ends with.
        let last = in_time(session.changes_from(before.seq(), 1)).await?;
        if last.first().is_none_or(|last| last.seq != before.seq() || last.hash != before.counter.head_hash) {
            return Ok(None);
        }
    }
    while next.seq() < head.seq {
        let changes = in_time(session.changes_from(next.seq() + 1, BATCH)).await?;
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

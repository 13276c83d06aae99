//! Background work: follows the change feed, writes last-used marks, announces the server, purges, sums up durations.

use crate::authn::LastUsed;
use crate::causes::causes;
use crate::clock::{Clock, Steps};
use crate::domain::release::VERSION;
use crate::entropy;
use crate::manage::{Purged, purge_ended};
use crate::metrics::Metrics;
use crate::snapshot::{Freshness, Snapshots};
use crate::storage::{Replica, Store, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How often we read the feed, give or take a fifth.
const POLL: Duration = Duration::from_millis(250);
const FLUSH: Duration = Duration::from_secs(5);
/// How often a server says that it is there.
const ANNOUNCE: Duration = Duration::from_secs(30);
/// How often we look whether the clock was set.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(500);
const PURGE: Duration = Duration::from_secs(3600);
const PURGE_AFTER: Duration = Duration::from_secs(60);

/// How long after the start we check the database: the start is over by then.
const CHECK_AFTER: Duration = Duration::from_secs(60);

/// Keeps the snapshot fresh, and logs when it can be trusted less, or again.
pub(super) async fn follow_the_feed(snapshots: Arc<Snapshots>) {
    let mut before = Freshness::Fresh;
    loop {
        let jitter = entropy::bytes::<1>().map_or(0, |[byte]| u32::from(byte) % 100);
        tokio::time::sleep(POLL * (80 + jitter * 40 / 100) / 100).await;
        let error = snapshots.refresh().await.err().map(|error| causes(&error)).unwrap_or_default();
        let now = snapshots.freshness();
        match now {
            _ if now == before => {}
            Freshness::Fresh => tracing::info!("the database answers again"),
            Freshness::Stale => tracing::error!(
                error,
                max_staleness_seconds = snapshots.max_staleness().as_secs(),
                "the database does not answer: only who was proven before is served"
            ),
            Freshness::TooOld => {
                tracing::error!(
                    error,
                    "the policy in memory is too old: no tokens until the database answers"
                );
            }
        }
        before = now;
    }
}

/// Writes last-used marks.
pub(super) async fn write_marks(last_used: Arc<LastUsed>, store: Store) {
    let mut failing = false;
    loop {
        tokio::time::sleep(FLUSH).await;
        let result = last_used.flush(&store).await;
        match &result {
            Ok(()) if failing => tracing::info!("last-used marks are written again"),
            Err(error) if !failing => {
                tracing::warn!(
                    error = causes(error),
                    "last-used marks are lost until they can be written again"
                );
            }
            _ => {}
        }
        failing = result.is_err();
    }
}

/// An id for this process among the servers of the database.
pub(super) fn this_replica() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Writes into the database that this server is there.
pub(super) async fn announce(store: &Store, id: &str, clock: &Clock) -> Result<(), StoreError> {
    let replica = Replica { id: id.to_owned(), version: VERSION.to_owned(), seen_at: clock.now() };
    store.announce(replica).await
}

/// Announces this server again and again. While the database does not answer, the feed says so.
pub(super) async fn keep_announcing(store: Store, id: String, clock: Clock) {
    let mut failing = String::new();
    loop {
        tokio::time::sleep(ANNOUNCE).await;
        let error = match announce(&store, &id, &clock).await {
            Ok(()) | Err(StoreError::Unavailable(_) | StoreError::Undecided(_)) => String::new(),
            Err(error) => causes(&error),
        };
        if !error.is_empty() && error != failing {
            tracing::warn!(error, "this server cannot be listed among those of the database");
        }
        failing = error;
    }
}

/// Deletes credentials that ended a while ago.
pub(super) async fn purge(store: Store, clock: Clock, steps: Arc<Steps>) {
    let holder = uuid::Uuid::new_v4().to_string();
    tokio::time::sleep(PURGE_AFTER).await;
    loop {
        // A clock that was ahead for a moment must not end anything for good.
        if !steps.is_settled() {
            tokio::time::sleep(PURGE_AFTER).await;
            continue;
        }
        match purge_ended(&store, &holder, || clock.now()).await {
            Ok(purged) if purged == Purged::default() => {}
            Ok(Purged { refresh_tokens, access_keys, browser_sessions, signin_flows }) => {
                tracing::info!(
                    refresh_tokens,
                    access_keys,
                    browser_sessions,
                    signin_flows,
                    "deleted what has ended"
                );
            }
            Err(error) => tracing::warn!(error = causes(&error), "what has ended could not be deleted"),
        }
        tokio::time::sleep(PURGE).await;
    }
}

/// Logs steps of the clock.
pub(super) async fn watch_the_clock(steps: Arc<Steps>) {
    let mut logged = 0;
    loop {
        tokio::time::sleep(LOOK_AT_CLOCK).await;
        if let Some(step) = steps.last().filter(|step| step.number > logged) {
            logged = step.number;
            tracing::warn!(
                seconds = step.seconds,
                "the clock of this machine was set: registries refuse tokens of another time"
            );
        }
    }
}

/// Checks the database for damage; the start does not wait for that.
pub(super) async fn check_database(store: Store) {
    tokio::time::sleep(CHECK_AFTER).await;
    if let Err(error) = store.check().await {
        tracing::error!(%error, "the database may be damaged: restore it from a backup");
    }
}

/// Sums up recorded durations, so that they do not pile up in memory.
pub(super) async fn sum_up(metrics: Arc<Metrics>) {
    loop {
        tokio::time::sleep(FLUSH).await;
        metrics.sum_up();
    }
}

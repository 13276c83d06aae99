//! Background work: follows the change feed, writes last-used marks, announces the server, deletes ended
//! credentials and sign-ins, watches the clock, checks the database, and sums up metrics.

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

/// The time between two readings of the change feed. A random part of up to a fifth is added or subtracted.
const POLL: Duration = Duration::from_millis(250);
const FLUSH: Duration = Duration::from_secs(5);
/// The time between two reports to the database that the server is running.
const ANNOUNCE: Duration = Duration::from_secs(30);
/// The time between two looks for a step of the clock.
const LOOK_AT_CLOCK: Duration = Duration::from_millis(500);
const PURGE: Duration = Duration::from_secs(3600);
const PURGE_AFTER: Duration = Duration::from_secs(60);

/// The wait after the start before the database is checked, so that the check does not slow down the start.
const CHECK_AFTER: Duration = Duration::from_secs(60);

/// Keeps the snapshot up to date with the change feed. Logs when the database stops answering, when the
/// snapshot becomes too old, and when the database answers again.
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
                "the database does not answer: only clients that were proven before are served"
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

/// Writes last-used marks to the database.
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

/// Returns a new id for this process, by which other servers of the database know it.
pub(super) fn this_replica() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Reports to the database that this server is running.
pub(super) async fn announce(store: &Store, id: &str, clock: &Clock) -> Result<(), StoreError> {
    let replica = Replica { id: id.to_owned(), version: VERSION.to_owned(), seen_at: clock.now() };
    store.announce(replica).await
}

/// Repeats the report that this server is running. Does not log that the database is unavailable or was lost during
/// the write, because the task that follows the change feed logs that the database does not answer.
pub(super) async fn keep_announcing(store: Store, id: String, clock: Clock) {
    let mut failing = String::new();
    loop {
        tokio::time::sleep(ANNOUNCE).await;
        let error = match announce(&store, &id, &clock).await {
            Ok(()) | Err(StoreError::Unavailable(_) | StoreError::Undecided(_)) => String::new(),
            Err(error) => causes(&error),
        };
        if !error.is_empty() && error != failing {
            tracing::warn!(error, "this server cannot be listed among the servers of the database");
        }
        failing = error;
    }
}

/// Deletes credentials, sign-ins in progress, device codes and invitations that have ended.
pub(super) async fn purge(store: Store, clock: Clock, steps: Arc<Steps>) {
    let holder = uuid::Uuid::new_v4().to_string();
    tokio::time::sleep(PURGE_AFTER).await;
    loop {
        // The clock can be ahead for a moment. So nothing is deleted until the clock has been steady for ten minutes.
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
                    "deleted ended credentials"
                );
            }
            Err(error) => tracing::warn!(error = causes(&error), "ended credentials could not be deleted"),
        }
        tokio::time::sleep(PURGE).await;
    }
}

/// Logs a warning after each step of the clock.
pub(super) async fn watch_the_clock(steps: Arc<Steps>) {
    let mut logged = 0;
    loop {
        tokio::time::sleep(LOOK_AT_CLOCK).await;
        if let Some(step) = steps.last().filter(|step| step.number > logged) {
            logged = step.number;
            tracing::warn!(
                seconds = step.seconds,
                "the clock of this machine was set: registries whose clocks differ refuse the tokens"
            );
        }
    }
}

/// Checks the database for damage. Runs after the start, so that the start does not wait.
pub(super) async fn check_database(store: Store) {
    tokio::time::sleep(CHECK_AFTER).await;
    if let Err(error) = store.check().await {
        tracing::error!(%error, "the database may be damaged: restore it from a backup");
    }
}

/// Sums up the recorded durations, so that they do not fill the memory.
pub(super) async fn sum_up(metrics: Arc<Metrics>) {
    loop {
        tokio::time::sleep(FLUSH).await;
        metrics.sum_up();
    }
}

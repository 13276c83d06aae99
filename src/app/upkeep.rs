//! What goes on in the background: following the feed, writing marks, renewing certificates.

use super::first_start::KEYS_LEASE;
use crate::authn::LastUsed;
use crate::clock::Clock;
use crate::entropy;
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use crate::token::Keyring;
use arc_swap::ArcSwap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often the feed is looked at, give or take a fifth.
const POLL: Duration = Duration::from_millis(250);
const FLUSH: Duration = Duration::from_secs(5);
const RENEWAL: Duration = Duration::from_secs(3600);

/// The start is over by then.
const CHECK_AFTER: Duration = Duration::from_secs(60);

/// Keeps the snapshot fresh, logging when the database goes away and comes back.
pub(super) async fn follow_the_feed(snapshots: Arc<Snapshots>) {
    let mut failing = false;
    loop {
        let jitter = entropy::bytes::<1>().map_or(0, |[byte]| u32::from(byte) % 100);
        tokio::time::sleep(POLL * (80 + jitter * 40 / 100) / 100).await;
        match snapshots.refresh().await {
            Ok(()) if failing => {
                failing = false;
                tracing::info!("the database answers again: the policy is fresh");
            }
            Ok(()) => {}
            Err(error) if !failing => {
                failing = true;
                tracing::error!(%error, "the database does not answer: the policy in memory is growing old");
            }
            Err(_) => {}
        }
    }
}

/// Writes last-used marks.
pub(super) async fn write_marks(last_used: Arc<LastUsed>, store: Store) {
    loop {
        tokio::time::sleep(FLUSH).await;
        if let Err(error) = last_used.flush(&store).await {
            tracing::warn!(%error, "some last-used marks are lost");
        }
    }
}

/// Looks for damage that was not looked for before the start.
pub(super) async fn check_database(store: Store) {
    tokio::time::sleep(CHECK_AFTER).await;
    if let Err(error) = store.check().await {
        tracing::error!(%error, "the database may be damaged: restore it from a backup");
    }
}

/// Sums up the durations that were recorded.
pub(super) async fn sum_up(metrics: Arc<Metrics>) {
    loop {
        tokio::time::sleep(FLUSH).await;
        metrics.sum_up();
    }
}

/// Renews the signing certificate before it ends, and takes over what another replica renewed.
pub(super) async fn renew_certificates(
    folder: PathBuf,
    keyring: Arc<ArcSwap<Keyring>>,
    store: Store,
    clock: Clock,
) {
    let holder = uuid::Uuid::new_v4().to_string();
    loop {
        tokio::time::sleep(RENEWAL).await;
        let now = clock.now();
        match store.take_lease(KEYS_LEASE, holder.clone(), now, now.plus_seconds(60)).await {
            Ok(true) => {
                if let Err(error) = Keyring::renew(&folder, now) {
                    tracing::error!(%error, "the signing certificate could not be renewed");
                }
                if let Err(error) = store.release_lease(KEYS_LEASE, holder.clone()).await {
                    tracing::warn!(%error, "the lease on the keys folder could not be given back");
                }
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the lease on the keys folder could not be had"),
        }
        match Keyring::open(&folder, now) {
            Ok(fresh) => {
                for warning in fresh.warnings(now) {
                    tracing::warn!("{warning}");
                }
                keyring.store(Arc::new(fresh));
            }
            Err(error) => {
                tracing::error!(%error, "the keys folder cannot be read: going on with the keys in memory")
            }
        }
    }
}

//! The lease on the keys folder. Only one process at a time has the lease, of all processes that share the database.

use super::error::SigningKeyError;
use crate::domain::time::Timestamp;
use crate::storage::Store;
use crate::token::KeyChangeError;
use std::time::Duration;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep};

const LEASE: &str = "keys";
/// The life of the lease, seconds. A change takes much less time. A process that is killed during a change delays other
/// processes until its lease ends.
const LEASE_SECONDS: i64 = 15;
/// After this wait for the lease, the process logs once that it waits.
const TELL_AFTER: Duration = Duration::from_secs(2);
/// The longest wait for the lease.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs `work` while no other process changes the keys folder or makes the first objects. Fails with
/// [`SigningKeyError::Busy`] if another process keeps the lease for 90 seconds.
pub async fn with_keys_lease<T, E: From<SigningKeyError>>(
    store: &Store,
    now: impl Fn() -> Timestamp,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let holder = uuid::Uuid::new_v4().to_string();
    let began = Instant::now();
    let mut told = false;
    loop {
        let at = now();
        let until = at.plus_seconds(LEASE_SECONDS);
        if store.take_lease(LEASE, holder.clone(), at, until).await.map_err(SigningKeyError::from)? {
            break;
        }
        if began.elapsed() > PATIENCE {
            return Err(SigningKeyError::Busy.into());
        }
        if !told && began.elapsed() > TELL_AFTER {
            tracing::warn!(
                "waiting for another server or command that changes the keys, or was stopped during a change"
            );
            told = true;
        }
        sleep(Duration::from_millis(100)).await;
    }
    let result = work.await;
    if let Err(error) = store.release_lease(LEASE, holder).await {
        // A lease that cannot be given back ends after `LEASE_SECONDS`.
        tracing::warn!(%error, "the lease on the keys folder could not be given back");
    }
    result
}

/// Changes the folder in a blocking task, under the lease.
pub(super) async fn change<T: Send + 'static>(
    store: &Store,
    now: impl Fn() -> Timestamp,
    work: impl FnOnce() -> Result<T, KeyChangeError> + Send + 'static,
) -> Result<T, SigningKeyError> {
    with_keys_lease(store, now, async {
        let done = spawn_blocking(work).await.map_err(|_| SigningKeyError::Cut)?;
        done.map_err(SigningKeyError::from)
    })
    .await
}

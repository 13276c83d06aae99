//! Does work in portions, so that no request waits long. The work pauses after each portion for four times as long as
//! the portion took. Only the server that has the lease does the work. A crawl also holds such a lease, but pauses only
//! where it calls [`Turn::rest`].

use crate::domain::time::Timestamp;
use crate::storage::{Store, StoreError};
use std::time::{Duration, Instant};

/// The greatest number of rows in a portion. Larger portions would keep received reports waiting.
pub(super) const PORTION: i64 = 1000;
/// The life of the lease, in seconds.
const LEASE_SECONDS: i64 = 120;
/// The time after which the server renews the lease.
const PROLONGED: Duration = Duration::from_secs(30);

/// The turn of this server to do some work. The turn includes the pauses between the portions.
pub struct Turn<'a, N> {
    store: &'a Store,
    lease: String,
    holder: &'a str,
    now: N,
    prolonged: Instant,
}

impl<'a, N: Fn() -> Timestamp> Turn<'a, N> {
    /// Takes the turn for the lease `lease`. Returns `None` while another holder has the turn. `store` is the database
    /// of the leases.
    pub async fn take(
        store: &'a Store,
        lease: impl Into<String>,
        holder: &'a str,
        now: N,
    ) -> Result<Option<Self>, StoreError> {
        let turn = Self { store, lease: lease.into(), holder, now, prolonged: Instant::now() };
        Ok(turn.prolong().await?.then_some(turn))
    }

    async fn prolong(&self) -> Result<bool, StoreError> {
        let at = (self.now)();
        self.store
            .take_lease(self.lease.clone(), self.holder.to_owned(), at, at.plus_seconds(LEASE_SECONDS))
            .await
    }

    /// Reads the clock.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// Pauses after a portion that took `took`. Returns `false` if another server took the turn meanwhile.
    pub async fn rest(&mut self, took: Duration) -> Result<bool, StoreError> {
        tokio::time::sleep(took * 4).await;
        self.keep().await
    }

    /// Renews the lease if the last renewal is at least 30 seconds old. Returns `false` if another server took the turn
    /// meanwhile.
    pub async fn keep(&mut self) -> Result<bool, StoreError> {
        if self.prolonged.elapsed() < PROLONGED {
            return Ok(true);
        }
        let is_held = self.prolong().await?;
        self.prolonged = Instant::now();
        Ok(is_held)
    }

    /// Gives the turn back, so that another server can take it at once.
    pub async fn end(self) -> Result<(), StoreError> {
        self.store.release_lease(self.lease, self.holder.to_owned()).await
    }
}

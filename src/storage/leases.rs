//! Leases: at most one holder of a name at a time, among all replicas.

use super::statements::{RELEASE_LEASE, TAKE_LEASE};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::time::Timestamp;

/// Longer than anybody takes a lease for, seconds.
const LONGEST_SECONDS: i64 = 3600;

impl Store {
    /// Takes or prolongs the lease `name` for `holder` until `until`; `false` while another
    /// holder's lease runs. A lease that ends in more than an hour does not count: its holder's clock was ahead, and
    /// nobody takes one for so long.
    pub async fn take_lease(
        &self,
        name: &'static str,
        holder: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |tx: &mut Transaction| {
            Box::pin(async move {
                let query = sqlx::query(TAKE_LEASE)
                    .bind(name)
                    .bind(holder)
                    .bind(until.as_micros())
                    .bind(now.as_micros())
                    .bind(now.plus_seconds(LONGEST_SECONDS).as_micros());
                Ok(tx.one(query).await?.is_some())
            })
        })
        .await
    }

    /// Gives a lease back.
    pub async fn release_lease(&self, name: &'static str, holder: String) -> Result<(), StoreError> {
        self.write(move |tx: &mut Transaction| {
            Box::pin(
                async move { tx.run(sqlx::query(RELEASE_LEASE).bind(name).bind(holder)).await.map(|_| ()) },
            )
        })
        .await
    }
}

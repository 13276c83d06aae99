//! Leases: among all replicas, only one holder has the lease of a name at a time.

use super::statements::{RELEASE_LEASE, TAKE_LEASE};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::time::Timestamp;

/// The longest lease, in seconds.
const LONGEST_SECONDS: i64 = 3600;

impl Store {
    /// Takes or prolongs the lease `name` for `holder` until `until`. Returns `false` if another holder has the lease.
    /// A lease that ends in more than an hour is ignored: a server whose clock was ahead took it.
    pub async fn take_lease(
        &self,
        name: impl Into<String>,
        holder: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let name = name.into();
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

    /// Gives a lease back. Does nothing if another holder has the lease.
    pub async fn release_lease(&self, name: impl Into<String>, holder: String) -> Result<(), StoreError> {
        let name = name.into();
        self.write(move |tx: &mut Transaction| {
            Box::pin(
                async move { tx.run(sqlx::query(RELEASE_LEASE).bind(name).bind(holder)).await.map(|_| ()) },
            )
        })
        .await
    }
}

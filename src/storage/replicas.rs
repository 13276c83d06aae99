//! The servers that use the database, the number of objects in it, and its size.

use super::reader::{Reader, field, time};
use super::statements::{ANNOUNCE_REPLICA, COUNT_OBJECTS, DELETE_LOST_REPLICAS, SELECT_REPLICAS};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::time::Timestamp;

/// The time for which a server is listed after its last report, in seconds: 10 minutes.
const LISTED_SECONDS: i64 = 600;

/// A server that uses the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The id of the server's process, chosen at its start.
    pub id: String,
    /// The version of the server's release.
    pub version: String,
    /// The time of the server's last report.
    pub seen_at: Timestamp,
}

/// The number of objects of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// The number of users.
    pub users: i64,
    /// The number of robots.
    pub robots: i64,
    /// The number of groups.
    pub groups: i64,
    /// The number of services.
    pub services: i64,
    /// The number of rules.
    pub rules: i64,
    /// The number of access keys.
    pub access_keys: i64,
    /// The number of refresh tokens.
    pub refresh_tokens: i64,
}

impl Store {
    /// Reports that a server is running. Deletes servers that reported nothing for ten minutes, and servers whose last
    /// report is more than ten minutes in the future.
    pub async fn announce(&self, replica: Replica) -> Result<(), StoreError> {
        self.write(move |tx: &mut Transaction| {
            Box::pin(async move {
                let announced = sqlx::query(ANNOUNCE_REPLICA)
                    .bind(replica.id)
                    .bind(replica.version)
                    .bind(replica.seen_at.as_micros());
                tx.run(announced).await?;
                let (oldest, newest) = listed(replica.seen_at);
                let lost = sqlx::query(DELETE_LOST_REPLICAS).bind(oldest.as_micros());
                tx.run(lost.bind(newest.as_micros())).await.map(|_| ())
            })
        })
        .await
    }

    /// Reads the size of the database, in bytes.
    pub async fn bytes(&self) -> Result<i64, StoreError> {
        let row = self.read().await?.one(sqlx::query(self.dialect.size())).await?;
        row.map_or(Ok(0), |row| field(&row, "bytes"))
    }
}

/// Returns the earliest and the latest plausible time of the last report of a listed server. A later time comes from a
/// server whose clock was ahead.
fn listed(now: Timestamp) -> (Timestamp, Timestamp) {
    (now.plus_seconds(-LISTED_SECONDS), now.plus_seconds(LISTED_SECONDS))
}

impl Reader {
    /// Reads the servers that reported in the last ten minutes, sorted by id.
    pub async fn replicas(&mut self, now: Timestamp) -> Result<Vec<Replica>, StoreError> {
        let (oldest, newest) = listed(now);
        let query = sqlx::query(SELECT_REPLICAS).bind(oldest.as_micros()).bind(newest.as_micros());
        let rows = self.all(query).await?;
        let replica = |row| {
            Ok(Replica {
                id: field(row, "id")?,
                version: field(row, "version")?,
                seen_at: time(row, "seen_at")?,
            })
        };
        rows.iter().map(replica).collect()
    }

    /// Counts the objects of each kind.
    pub async fn counts(&mut self) -> Result<Counts, StoreError> {
        let row = self.one(sqlx::query(COUNT_OBJECTS)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the database returned no counts".to_owned()))?;
        Ok(Counts {
            users: field(&row, "users")?,
            robots: field(&row, "robots")?,
            groups: field(&row, "user_groups")?,
            services: field(&row, "services")?,
            rules: field(&row, "rules")?,
            access_keys: field(&row, "access_keys")?,
            refresh_tokens: field(&row, "refresh_tokens")?,
        })
    }
}

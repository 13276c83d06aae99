//! The servers that use the database, and how much is in it.

use super::reader::{Reader, field, time};
use super::statements::{ANNOUNCE_REPLICA, COUNT_OBJECTS, DELETE_LOST_REPLICAS, SELECT_REPLICAS};
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::time::Timestamp;

/// For how long a server is listed after it last said that it is there, seconds: 10 minutes.
const LISTED_SECONDS: i64 = 600;

/// A server that uses the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replica {
    /// The id of its process, chosen at its start.
    pub id: String,
    /// The version of its release.
    pub version: String,
    /// When it last said that it is there.
    pub seen_at: Timestamp,
}

/// How many objects of each kind there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Users.
    pub users: i64,
    /// Robots.
    pub robots: i64,
    /// Groups.
    pub groups: i64,
    /// Services.
    pub services: i64,
    /// Rules.
    pub rules: i64,
    /// Access keys.
    pub access_keys: i64,
    /// Refresh tokens.
    pub refresh_tokens: i64,
}

impl Store {
    /// Writes that a server is there, and forgets servers that last said so ten minutes ago.
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

    /// How large the database is, bytes.
    pub async fn bytes(&self) -> Result<i64, StoreError> {
        let row = self.read().await?.one(sqlx::query(self.dialect.size())).await?;
        row.map_or(Ok(0), |row| field(&row, "bytes"))
    }
}

/// Who was seen after the first and not after the second time is listed at `now`. Later ones had a clock that was
/// ahead.
fn listed(now: Timestamp) -> (Timestamp, Timestamp) {
    (now.plus_seconds(-LISTED_SECONDS), now.plus_seconds(LISTED_SECONDS))
}

impl Reader {
    /// The servers that were there in the last ten minutes, by id.
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

    /// How many objects of each kind there are.
    pub async fn counts(&mut self) -> Result<Counts, StoreError> {
        let row = self.one(sqlx::query(COUNT_OBJECTS)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("nothing can be counted".to_owned()))?;
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

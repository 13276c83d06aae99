//! Refresh tokens: the sessions of people who signed in with a password. The database stores only their digests.

use super::StoreError;
use super::reader::{Reader, field, parsed, time};
use super::statements::{
    DELETE_REFRESH_TOKEN, INSERT_REFRESH_TOKEN, PURGE_ENDED_REFRESH_TOKENS, PURGE_IDLE_REFRESH_TOKENS,
    SELECT_REFRESH_TOKEN, SELECT_REFRESH_TOKENS, SELECT_SUBJECT_BY_REFRESH, TOUCH_REFRESH_TOKEN,
    TRIM_REFRESH_TOKENS,
};
use super::subjects::{StoredSubject, found, subject_ref};
use super::transaction::Transaction;
use crate::domain::secret::Digest;
use crate::domain::service::ServiceName;
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;

/// A refresh token as stored, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshTokenRow {
    /// The public id of the token.
    pub id: String,
    /// The only service for which the token is valid.
    pub service: ServiceName,
    /// The `client_id` that the client sent when it got the token.
    pub client_id: String,
    /// The time at which the token was created.
    pub created_at: Timestamp,
    /// The time at which the token was last used, to the minute.
    pub last_used_at: Timestamp,
    /// The time at which the token expires, even if it is used.
    pub expires_at: Timestamp,
    /// The address from which the token was last used.
    pub last_address: Option<String>,
}

/// A refresh token to be stored.
#[derive(Debug)]
pub struct NewRefreshToken {
    /// The internal id of the token's owner.
    pub subject_id: String,
    /// The credential version of the owner who signed in. A token for an older version is not stored.
    pub credential_version: i64,
    /// The SHA-256 of the secret.
    pub digest: Digest,
    /// The token without its secret.
    pub row: RefreshTokenRow,
}

fn token_row(row: &AnyRow) -> Result<RefreshTokenRow, StoreError> {
    Ok(RefreshTokenRow {
        id: field(row, "token_id")?,
        service: parsed(row, "token_service", ServiceName::parse)?,
        client_id: field(row, "token_client_id")?,
        created_at: time(row, "token_created_at")?,
        last_used_at: time(row, "token_last_used_at")?,
        expires_at: time(row, "token_expires_at")?,
        last_address: field(row, "token_last_address")?,
    })
}

impl Reader {
    /// Finds a refresh token by the digest of its secret, and reads its owner.
    pub async fn find_refresh_owner(
        &mut self,
        digest: &Digest,
    ) -> Result<Option<(StoredSubject, RefreshTokenRow)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_REFRESH).bind(digest.as_str())).await?;
        match (found(&rows)?, rows.first()) {
            (Some(owner), Some(row)) => Ok(Some((owner, token_row(row)?))),
            _ => Ok(None),
        }
    }

    /// Finds a refresh token by its public id, and reads its owner.
    pub async fn find_refresh_token(
        &mut self,
        id: &str,
    ) -> Result<Option<(SubjectRef, RefreshTokenRow)>, StoreError> {
        match self.one(sqlx::query(SELECT_REFRESH_TOKEN).bind(id)).await? {
            Some(row) => Ok(Some((subject_ref(&row)?, token_row(&row)?))),
            None => Ok(None),
        }
    }

    /// Reads the refresh tokens of a subject, oldest first.
    pub async fn list_refresh_tokens(
        &mut self,
        subject_id: &str,
    ) -> Result<Vec<RefreshTokenRow>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_REFRESH_TOKENS).bind(subject_id)).await?;
        rows.iter().map(token_row).collect()
    }
}

impl Transaction {
    /// Stores a new refresh token. Returns `None`, and stores nothing, if the owner does not exist, is disabled, or has
    /// a newer credential version. Deletes the least recently used tokens beyond 50 for the same owner and service, and
    /// returns their digests.
    pub async fn insert_refresh_token(
        &mut self,
        new: &NewRefreshToken,
    ) -> Result<Option<Vec<Digest>>, StoreError> {
        let row = &new.row;
        let query = sqlx::query(INSERT_REFRESH_TOKEN)
            .bind(row.id.as_str())
            .bind(new.digest.as_str())
            .bind(new.subject_id.as_str())
            .bind(row.service.as_str())
            .bind(row.client_id.as_str())
            .bind(row.created_at.as_micros())
            .bind(row.expires_at.as_micros())
            .bind(row.last_address.as_deref())
            .bind(new.credential_version);
        if self.run(query).await? == 0 {
            return Ok(None);
        }
        let trim = sqlx::query(TRIM_REFRESH_TOKENS).bind(new.subject_id.as_str()).bind(row.service.as_str());
        let dropped = self.all(trim).await?;
        dropped
            .iter()
            .map(|row| field(row, "digest").map(Digest::from_hex))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// Deletes a refresh token.
    pub async fn revoke_refresh_token(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_REFRESH_TOKEN).bind(id)).await.map(|_| ())
    }

    /// Deletes at most `limit` refresh tokens that expired at `ended` or before, and at most `limit` tokens that were
    /// last used at `idle` or before. Returns the number of deleted tokens.
    pub async fn purge_refresh_tokens(
        &mut self,
        ended: Timestamp,
        idle: Timestamp,
        limit: i64,
    ) -> Result<u64, StoreError> {
        let of_age = sqlx::query(PURGE_ENDED_REFRESH_TOKENS).bind(ended.as_micros()).bind(limit);
        let unused = sqlx::query(PURGE_IDLE_REFRESH_TOKENS).bind(idle.as_micros()).bind(limit);
        Ok(self.run(of_age).await? + self.run(unused).await?)
    }

    /// Marks a refresh token as used at `at` from `address`, unless a plausible later use is noted.
    pub async fn touch_refresh_token(
        &mut self,
        id: &str,
        at: Timestamp,
        address: Option<&str>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(TOUCH_REFRESH_TOKEN).bind(id).bind(at.as_micros()).bind(address);
        self.run(query.bind(at.newest_mark().as_micros())).await.map(|_| ())
    }
}

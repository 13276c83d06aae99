//! Access keys: the credentials that robots, scripts and approved devices present as a password. The database stores
//! only their digests.

use super::StoreError;
use super::reader::{Reader, field, optional_time, parsed, time};
use super::statements::{
    COUNT_KEYS, DELETE_KEY, INSERT_KEY, SELECT_ENDED_KEYS, SELECT_KEY, SELECT_KEYS, SELECT_STALE_KEYS,
    SELECT_SUBJECT_BY_KEY, TOUCH_KEY,
};
use super::subjects::{StoredSubject, found, subject_ref};
use super::transaction::Transaction;
use crate::domain::key_origin::KeyOrigin;
use crate::domain::policy::Restriction;
use crate::domain::secret::Digest;
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use sqlx::any::AnyRow;
use std::sync::Arc;

/// An access key as stored, without its secret.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessKeyRow {
    /// The public id of the key.
    pub id: String,
    /// The name by which people recognise the key.
    pub name: String,
    /// The restriction of the key, if it has one.
    pub restriction: Option<Arc<Restriction>>,
    /// The time at which the key was created.
    pub created_at: Timestamp,
    /// The time at which the key expires; `None` if the key never expires.
    pub expires_at: Option<Timestamp>,
    /// The time at which the key was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// The way in which the key was created.
    pub origin: KeyOrigin,
    /// The address from which the key was last used.
    pub last_address: Option<String>,
}

/// A key to be stored.
#[derive(Debug)]
pub struct NewAccessKey<'a> {
    /// The internal id of the key's owner.
    pub subject_id: &'a str,
    /// The key without its secret.
    pub key: &'a AccessKeyRow,
    /// The SHA-256 of the secret.
    pub digest: &'a Digest,
}

fn restriction(text: &str) -> Result<Restriction, String> {
    let list: Vec<String> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Restriction::parse(&list).map_err(|errors| errors.to_string())
}

fn key_row(row: &AnyRow) -> Result<AccessKeyRow, StoreError> {
    let scopes: Option<String> = field(row, "key_scopes")?;
    Ok(AccessKeyRow {
        id: field(row, "key_id")?,
        name: field(row, "key_name")?,
        restriction: match scopes {
            Some(_) => Some(Arc::new(parsed(row, "key_scopes", restriction)?)),
            None => None,
        },
        created_at: time(row, "key_created_at")?,
        expires_at: optional_time(row, "key_expires_at")?,
        last_used_at: optional_time(row, "key_last_used_at")?,
        origin: match field::<Option<String>>(row, "key_origin")? {
            None => KeyOrigin::Api,
            Some(_) => parsed(row, "key_origin", str::parse)?,
        },
        last_address: field(row, "key_last_address")?,
    })
}

impl Reader {
    /// Finds a key by the digest of its secret, and reads its owner.
    pub async fn find_key_owner(
        &mut self,
        digest: &Digest,
    ) -> Result<Option<(StoredSubject, AccessKeyRow)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_KEY).bind(digest.as_str())).await?;
        match (found(&rows)?, rows.first()) {
            (Some(owner), Some(row)) => Ok(Some((owner, key_row(row)?))),
            _ => Ok(None),
        }
    }

    /// Finds a key by its public id, and reads its owner.
    pub async fn find_key(&mut self, id: &str) -> Result<Option<(SubjectRef, AccessKeyRow)>, StoreError> {
        match self.one(sqlx::query(SELECT_KEY).bind(id)).await? {
            Some(row) => Ok(Some((subject_ref(&row)?, key_row(&row)?))),
            None => Ok(None),
        }
    }

    /// Reads the keys of a subject, sorted by name.
    pub async fn list_keys(&mut self, subject_id: &str) -> Result<Vec<AccessKeyRow>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_KEYS).bind(subject_id)).await?;
        rows.iter().map(key_row).collect()
    }

    /// Reads at most `limit` keys that expired at `at` or before, with their owners. The key that expired first comes
    /// first.
    pub async fn list_ended_keys(
        &mut self,
        at: Timestamp,
        limit: i64,
    ) -> Result<Vec<(SubjectRef, AccessKeyRow)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_ENDED_KEYS).bind(at.as_micros()).bind(limit)).await?;
        rows.iter().map(|row| Ok((subject_ref(row)?, key_row(row)?))).collect()
    }

    /// Reads at most `limit` valid keys that were created before `before` and not used since, with their owners, sorted
    /// by id. Leaves out the keys of owners that are disabled or expired at `now`.
    pub async fn list_stale_keys(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<(SubjectRef, AccessKeyRow)>, StoreError> {
        let query = sqlx::query(SELECT_STALE_KEYS).bind(before.as_micros()).bind(now.as_micros());
        let rows = self.all(query.bind(limit)).await?;
        rows.iter().map(|row| Ok((subject_ref(row)?, key_row(row)?))).collect()
    }

    /// Counts the keys of a subject.
    pub async fn count_keys(&mut self, subject_id: &str) -> Result<i64, StoreError> {
        self.count(sqlx::query(COUNT_KEYS).bind(subject_id)).await
    }
}

impl Transaction {
    /// Stores a new key.
    pub async fn insert_key(&mut self, new: &NewAccessKey<'_>) -> Result<(), StoreError> {
        let scopes = match &new.key.restriction {
            Some(restriction) => Some(
                serde_json::to_string(&restriction.to_strings())
                    .map_err(|error| StoreError::Corrupt(error.to_string()))?,
            ),
            None => None,
        };
        let query = sqlx::query(INSERT_KEY)
            .bind(new.key.id.as_str())
            .bind(new.subject_id)
            .bind(new.key.name.as_str())
            .bind(new.digest.as_str())
            .bind(scopes)
            .bind(new.key.created_at.as_micros())
            .bind(new.key.expires_at.map(Timestamp::as_micros))
            .bind((new.key.origin != KeyOrigin::Api).then(|| new.key.origin.as_str()));
        self.run(query).await.map(|_| ())
    }

    /// Deletes a key.
    pub async fn revoke_key(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_KEY).bind(id)).await.map(|_| ())
    }

    /// Marks a key as used at `at` from `address`, unless a plausible later use is noted.
    pub async fn touch_key(
        &mut self,
        id: &str,
        at: Timestamp,
        address: Option<&str>,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(TOUCH_KEY).bind(id).bind(at.as_micros()).bind(address);
        self.run(query.bind(at.newest_mark().as_micros())).await.map(|_| ())
    }
}

//! Access keys: what robots and scripts present as their password. Only digests are stored.

use super::StoreError;
use super::reader::{Reader, field, optional_time, parsed, time};
use super::statements::{
    COUNT_KEYS, DELETE_KEY, INSERT_KEY, SELECT_ENDED_KEYS, SELECT_KEY, SELECT_KEYS, SELECT_SUBJECT_BY_KEY,
    TOUCH_KEY,
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

/// An access key as it is stored, without anything secret.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessKeyRow {
    /// Its public id.
    pub id: String,
    /// For people to recognise it.
    pub name: String,
    /// What it is narrowed to; `None` for nothing.
    pub restriction: Option<Arc<Restriction>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// How it was made.
    pub origin: KeyOrigin,
    /// From where it was last used.
    pub last_address: Option<String>,
}

/// What is needed to store a key.
#[derive(Debug)]
pub struct NewAccessKey<'a> {
    /// Whose key.
    pub subject_id: &'a str,
    /// The key.
    pub key: &'a AccessKeyRow,
    /// SHA-256 of its secret.
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
    /// A key by the digest of its secret, with its owner.
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

    /// A key by its public id, and whose it is.
    pub async fn find_key(&mut self, id: &str) -> Result<Option<(SubjectRef, AccessKeyRow)>, StoreError> {
        match self.one(sqlx::query(SELECT_KEY).bind(id)).await? {
            Some(row) => Ok(Some((subject_ref(&row)?, key_row(&row)?))),
            None => Ok(None),
        }
    }

    /// The keys of a subject, by name.
    pub async fn list_keys(&mut self, subject_id: &str) -> Result<Vec<AccessKeyRow>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_KEYS).bind(subject_id)).await?;
        rows.iter().map(key_row).collect()
    }

    /// Keys that ended at `at` or before, those that ended first, and whose they are.
    pub async fn list_ended_keys(
        &mut self,
        at: Timestamp,
        limit: i64,
    ) -> Result<Vec<(SubjectRef, AccessKeyRow)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_ENDED_KEYS).bind(at.as_micros()).bind(limit)).await?;
        rows.iter().map(|row| Ok((subject_ref(row)?, key_row(row)?))).collect()
    }

    /// How many keys a subject has.
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

    /// Deletes a key for good.
    pub async fn revoke_key(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_KEY).bind(id)).await.map(|_| ())
    }

    /// Marks a key as used.
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

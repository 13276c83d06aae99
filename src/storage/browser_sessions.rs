//! Browser sessions. Only digests are stored.

use super::StoreError;
use super::reader::{Reader, field, time};
use super::statements::{
    COUNT_LOCAL_PASSWORDS, COUNT_TYPED_CODE, DELETE_ALL_BROWSER_SESSIONS, DELETE_BROWSER_SESSION,
    DELETE_BROWSER_SESSIONS_OF, INSERT_BROWSER_SESSION, PURGE_BROWSER_SESSIONS, SELECT_SUBJECT_BY_BROWSER,
    TOUCH_BROWSER_SESSION, UNCOUNT_TYPED_CODE,
};
use super::subjects::{StoredSubject, found};
use super::transaction::Transaction;
use crate::domain::secret::Digest;
use crate::domain::time::Timestamp;

/// A browser session as it is stored, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSessionRow {
    /// When its owner signed in.
    pub signed_in_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Its absolute end.
    pub expires_at: Timestamp,
    /// How many codes of devices were wrong.
    pub wrong_codes: i64,
}

/// What is needed to store a browser session.
#[derive(Debug)]
pub struct NewBrowserSession {
    /// SHA-256 of its secret.
    pub digest: Digest,
    /// Whose session.
    pub subject_id: String,
    /// The credential version of its owner; a session for an older one is not stored.
    pub credential_version: i64,
    /// The provider's own name of the session, `sid` (OpenID Connect Front-Channel Logout 1.0 section 3).
    pub provider_sid: Option<String>,
    /// When its owner signed in.
    pub signed_in_at: Timestamp,
    /// Its absolute end.
    pub expires_at: Timestamp,
    /// From where its owner signed in.
    pub address: Option<String>,
    /// What the browser called itself.
    pub agent: Option<String>,
}

impl Reader {
    /// A browser session by the digest of its secret, with its owner, whose credential version is still that of the
    /// session. Whether its time is over, and whether its owner may sign in, is for the caller to see.
    pub async fn find_browser_session(
        &mut self,
        digest: &Digest,
    ) -> Result<Option<(StoredSubject, BrowserSessionRow)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_BROWSER).bind(digest.as_str())).await?;
        let (Some(owner), Some(row)) = (found(&rows)?, rows.first()) else {
            return Ok(None);
        };
        let session = BrowserSessionRow {
            signed_in_at: time(row, "browser_signed_in_at")?,
            last_used_at: time(row, "browser_last_used_at")?,
            expires_at: time(row, "browser_expires_at")?,
            wrong_codes: field(row, "browser_wrong_codes")?,
        };
        Ok(Some((owner, session)))
    }

    /// Whether anybody who is not disabled has a password that is stored here.
    pub async fn has_local_passwords(&mut self) -> Result<bool, StoreError> {
        Ok(self.count(sqlx::query(COUNT_LOCAL_PASSWORDS)).await? > 0)
    }
}

impl Transaction {
    /// Stores a new browser session. `false` if its owner is disabled or has another credential version by now.
    pub async fn insert_browser_session(&mut self, new: &NewBrowserSession) -> Result<bool, StoreError> {
        let query = sqlx::query(INSERT_BROWSER_SESSION)
            .bind(new.digest.as_str())
            .bind(new.subject_id.as_str())
            .bind(new.credential_version)
            .bind(new.provider_sid.as_deref())
            .bind(new.signed_in_at.as_micros())
            .bind(new.expires_at.as_micros())
            .bind(new.address.as_deref())
            .bind(new.agent.as_deref());
        Ok(self.run(query).await? > 0)
    }

    /// Marks a browser session as used.
    pub async fn touch_browser_session(&mut self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(TOUCH_BROWSER_SESSION).bind(digest.as_str()).bind(at.as_micros());
        self.run(query.bind(at.newest_mark().as_micros())).await.map(|_| ())
    }

    /// Counts a code of a device that was typed, before anybody looks whether it is right. Returns how many have been
    /// counted with it, and `None` if `most` were counted already.
    pub async fn count_typed_code(&mut self, digest: &Digest, most: i64) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query(COUNT_TYPED_CODE).bind(digest.as_str()).bind(most);
        self.one(query).await?.map(|row| field(&row, "wrong_codes")).transpose()
    }

    /// Counts a code no more, because it was right.
    pub async fn uncount_typed_code(&mut self, digest: &Digest) -> Result<(), StoreError> {
        self.run(sqlx::query(UNCOUNT_TYPED_CODE).bind(digest.as_str())).await.map(|_| ())
    }

    /// Ends a browser session for good.
    pub async fn delete_browser_session(&mut self, digest: &Digest) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_BROWSER_SESSION).bind(digest.as_str())).await.map(|_| ())
    }

    /// Ends every browser session of a subject.
    pub async fn delete_browser_sessions_of(&mut self, subject_id: &str) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_BROWSER_SESSIONS_OF).bind(subject_id)).await
    }

    /// Ends every browser session and returns how many there were.
    pub async fn delete_browser_sessions(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_ALL_BROWSER_SESSIONS)).await
    }

    /// Deletes browser sessions that ended at `now` or before, or were last used at `idle` or before: at most `limit`.
    /// Returns how many.
    pub async fn purge_browser_sessions(
        &mut self,
        now: Timestamp,
        idle: Timestamp,
        limit: i64,
    ) -> Result<u64, StoreError> {
        let query = sqlx::query(PURGE_BROWSER_SESSIONS).bind(now.as_micros()).bind(idle.as_micros());
        self.run(query.bind(limit)).await
    }
}

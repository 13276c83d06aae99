//! Browser sessions. The database stores only the digests of their secrets. A query also tells the sign-in page whether
//! local passwords exist.

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

/// A browser session as stored, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserSessionRow {
    /// The time at which the owner signed in.
    pub signed_in_at: Timestamp,
    /// The time at which the session was last used, to the minute.
    pub last_used_at: Timestamp,
    /// The time at which the session ends, even if it is used.
    pub expires_at: Timestamp,
    /// The number of wrong device codes that were typed in the session.
    pub wrong_codes: i64,
}

/// A browser session to be stored.
#[derive(Debug)]
pub struct NewBrowserSession {
    /// The SHA-256 of the secret.
    pub digest: Digest,
    /// The internal id of the session's owner.
    pub subject_id: String,
    /// The credential version of the owner. A session for an older version is not stored.
    pub credential_version: i64,
    /// The session id of the provider, `sid` (OpenID Connect Front-Channel Logout 1.0 section 3).
    pub provider_sid: Option<String>,
    /// The time at which the owner signed in.
    pub signed_in_at: Timestamp,
    /// The time at which the session ends, even if it is used.
    pub expires_at: Timestamp,
    /// The address from which the owner signed in.
    pub address: Option<String>,
    /// The `User-Agent` of the browser, if it sent one.
    pub agent: Option<String>,
}

impl Reader {
    /// Finds a browser session by the digest of its secret, and reads its owner. Ignores a session for an older
    /// credential version of the owner. The caller checks that the session has not expired and that its owner may sign
    /// in.
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

    /// Returns true if a user who is not disabled has a password in this database.
    pub async fn has_local_passwords(&mut self) -> Result<bool, StoreError> {
        Ok(self.count(sqlx::query(COUNT_LOCAL_PASSWORDS)).await? > 0)
    }
}

impl Transaction {
    /// Stores a new browser session. Returns `false`, and stores nothing, if the owner does not exist, is disabled, or
    /// has a newer credential version.
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

    /// Marks a browser session as used at `at`, unless a plausible later use is noted.
    pub async fn touch_browser_session(&mut self, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
        let query = sqlx::query(TOUCH_BROWSER_SESSION).bind(digest.as_str()).bind(at.as_micros());
        self.run(query.bind(at.newest_mark().as_micros())).await.map(|_| ())
    }

    /// Counts a typed device code. The caller compares the code afterwards. Returns the number of counted codes, or
    /// `None` if `most` codes were already counted or the session does not exist.
    pub async fn count_typed_code(&mut self, digest: &Digest, most: i64) -> Result<Option<i64>, StoreError> {
        let query = sqlx::query(COUNT_TYPED_CODE).bind(digest.as_str()).bind(most);
        self.one(query).await?.map(|row| field(&row, "wrong_codes")).transpose()
    }

    /// Removes a code from the count, because the code was right.
    pub async fn uncount_typed_code(&mut self, digest: &Digest) -> Result<(), StoreError> {
        self.run(sqlx::query(UNCOUNT_TYPED_CODE).bind(digest.as_str())).await.map(|_| ())
    }

    /// Ends a browser session.
    pub async fn delete_browser_session(&mut self, digest: &Digest) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_BROWSER_SESSION).bind(digest.as_str())).await.map(|_| ())
    }

    /// Ends every browser session of a subject. Returns the number of ended sessions.
    pub async fn delete_browser_sessions_of(&mut self, subject_id: &str) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_BROWSER_SESSIONS_OF).bind(subject_id)).await
    }

    /// Ends every browser session. Returns the number of ended sessions.
    pub async fn delete_browser_sessions(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_ALL_BROWSER_SESSIONS)).await
    }

    /// Deletes at most `limit` browser sessions that expired at `now` or before, or were last used at `idle` or before.
    /// Returns the number of deleted sessions.
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

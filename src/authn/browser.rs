//! Browser sessions, looked up by digest in the database each time: pages are opened seldom, and an ended session
//! must not open one.

use super::authenticated::{Authenticated, BrowserSession, Proof, is_active};
use super::authenticator::Authenticator;
use super::credentials::digest;
use super::error::AuthnError;
use crate::domain::identity::Standing;
use crate::domain::secret::MachineSecret;
use crate::domain::time::Timestamp;
use crate::storage::{BrowserSessionRow, Transaction};
use std::sync::Arc;

/// A browser session ends this long after it began, used or not: 12 hours.
pub const BROWSER_LIFE_SECONDS: i64 = 12 * 3600;
/// A browser session ends this long after its last use: 30 minutes.
pub const BROWSER_IDLE_SECONDS: i64 = 30 * 60;
/// How exact the time of the last use is.
const GRAIN_SECONDS: i64 = 60;

/// Whether the session has begun and its time is not over.
fn has_not_ended(row: &BrowserSessionRow, now: Timestamp) -> bool {
    let idle_end = row.last_used_at.plus_seconds(BROWSER_IDLE_SECONDS);
    // A session that begins later was begun while the clock was ahead, and would have no end.
    row.signed_in_at <= now.newest_mark() && now < row.expires_at && now < idle_end
}

impl Authenticator {
    /// Proves a browser session by the value of its cookie. `None` when it has ended: its time is over, its owner
    /// signed out, changed the password, lost a right, was disabled or deleted.
    ///
    /// # Errors
    /// [`AuthnError::ProviderSilent`] when the provider of its owner gives no answer: the session goes on once it does.
    pub async fn prove_browser(
        &self,
        secret: &MachineSecret,
        now: Timestamp,
    ) -> Result<Option<Authenticated>, AuthnError> {
        let digest = digest(secret);
        let epoch = self.identities.epoch();
        let found = self.store.read().await?.find_browser_session(&digest).await?;
        let mut found = found.filter(|(_, row)| has_not_ended(row, now));
        let unconfirmed = found.as_ref().and_then(|(found, _)| {
            let standing = found.identity.as_ref().map(|identity| identity.holds(now));
            (standing == Some(Standing::Unconfirmed)).then(|| found.clone())
        });
        if let Some(unconfirmed) = unconfirmed {
            match self.confirm(&unconfirmed, now).await {
                Ok(()) => found = self.store.read().await?.find_browser_session(&digest).await?,
                Err(AuthnError::SignInExpired(_)) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
        let goes_on = found.filter(|(found, row)| is_active(found, now) && has_not_ended(row, now));
        let Some((found, row)) = goes_on else {
            return Ok(None);
        };
        if row.last_used_at.plus_seconds(GRAIN_SECONDS) <= now || row.last_used_at > now.newest_mark() {
            let touched = digest.clone();
            self.store
                .write(move |tx: &mut Transaction| {
                    Box::pin(async move { tx.touch_browser_session(&touched, now).await })
                })
                .await?;
        }
        let session = BrowserSession {
            signed_in_at: row.signed_in_at,
            expires_at: row.expires_at,
            wrong_codes: row.wrong_codes,
        };
        Ok(Some(Authenticated {
            stamp: self.identities.stamp(&found, epoch),
            subject: Arc::new(found.as_subject()),
            ends_at: Some(row.expires_at),
            found: Arc::new(found),
            proof: Proof::Browser(session),
            restriction: None,
            service: None,
        }))
    }
}

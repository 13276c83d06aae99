//! Browser sessions. Each use looks the session up in the database by its digest: pages are opened seldom, and an
//! ended session must not open a page.

use super::authenticated::{Authenticated, BrowserSession, Proof, is_active};
use super::authenticator::Authenticator;
use super::credentials::digest;
use super::error::AuthnError;
use crate::domain::identity::Standing;
use crate::domain::secret::MachineSecret;
use crate::domain::time::Timestamp;
use crate::storage::{BrowserSessionRow, Transaction};
use std::sync::Arc;

/// The longest life of a browser session: it ends 12 hours after it began, even if it is in use.
pub const BROWSER_LIFE_SECONDS: i64 = 12 * 3600;
/// The longest disuse of a browser session: it ends 30 minutes after its last use.
pub const BROWSER_IDLE_SECONDS: i64 = 30 * 60;
/// The precision of the stored time of the last use, seconds.
const GRAIN_SECONDS: i64 = 60;

/// Returns true if the session has begun and has not ended.
fn has_not_ended(row: &BrowserSessionRow, now: Timestamp) -> bool {
    let idle_end = row.last_used_at.plus_seconds(BROWSER_IDLE_SECONDS);
    // A session that begins in the future was stored while the clock was ahead, and would last longer than a session
    // may.
    row.signed_in_at <= now.newest_mark() && now < row.expires_at && now < idle_end
}

impl Authenticator {
    /// Proves a browser session by the value of its cookie. Returns `None` if the session has ended: its time is over,
    /// its owner signed out, the owner's password or administrator flag was changed, the owner was disabled or deleted,
    /// the owner was unlinked from their provider, or the owner's sign-in at the provider has ended.
    ///
    /// # Errors
    /// [`AuthnError::ProviderSilent`] when the owner's provider gives no answer: the session works again once the
    /// provider answers. [`AuthnError::Store`] when the database does not answer.
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

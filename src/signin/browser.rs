//! Browser sessions. A proof of identity begins a session, and a sign-out ends it.
//! [`Authenticator::prove_browser`](crate::authn::Authenticator::prove_browser) finds the subject of a session.

use super::error::SignInError;
use super::sign_in::{SignIn, Visit};
use crate::authn::{BROWSER_LIFE_SECONDS, Credentials, Purpose, digest};
use crate::domain::secret::{MachineSecret, SigninSecret};
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use crate::entropy;
use crate::storage::{NewBrowserSession, StoreError, SubjectRow, Transaction};

/// A browser session that has just begun.
#[derive(Debug)]
pub struct Begun {
    /// The value of the session cookie.
    pub secret: MachineSecret,
    /// The subject that signed in.
    pub subject: SubjectRef,
}

impl SignIn {
    /// Begins a browser session with a password, and ends the browser's old session `old`. Fails with
    /// [`SignInError::Authn`] if the password was refused, or cannot be verified now. Fails with
    /// [`SignInError::ChangedMeanwhile`] if the account was changed after the password was verified.
    pub async fn with_password(
        &self,
        credentials: &Credentials,
        visit: &Visit,
        old: Option<&MachineSecret>,
        now: Timestamp,
    ) -> Result<Begun, SignInError> {
        let who = self.authn.authenticate(credentials, Purpose::Browser, visit.address, now).await?;
        let secret = self.begin_session(&who.found.row, visit, None, old, now).await?;
        Ok(Begun { secret, subject: who.found.row.subject.clone() })
    }

    /// Begins a browser session for a subject that was just authenticated, and ends the browser's old session `old`.
    /// The session is durable when this function returns. `provider_sid` is the session id of the provider.
    /// Fails with [`SignInError::ChangedMeanwhile`] if the subject was disabled or deleted, or got a newer credential
    /// version, since it was read.
    // SPEC: OWASP ASVS 7.2.4: each sign-in creates a new session.
    pub async fn begin_session(
        &self,
        who: &SubjectRow,
        visit: &Visit,
        provider_sid: Option<String>,
        old: Option<&MachineSecret>,
        now: Timestamp,
    ) -> Result<MachineSecret, SignInError> {
        let secret = SigninSecret::Session.generate(&entropy::bytes()?);
        let new = NewBrowserSession {
            digest: digest(&secret),
            subject_id: who.id.clone(),
            credential_version: who.credential_version,
            provider_sid,
            signed_in_at: now,
            expires_at: now.plus_seconds(BROWSER_LIFE_SECONDS),
            address: visit.address_text(),
            agent: visit.agent(),
        };
        let old = old.map(digest);
        let is_stored = self
            .store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move {
                    let is_stored = tx.insert_browser_session(&new).await?;
                    if let Some(old) = old {
                        tx.delete_browser_session(&old).await?;
                    }
                    Ok(is_stored)
                })
            })
            .await?;
        if is_stored { Ok(secret) } else { Err(SignInError::ChangedMeanwhile) }
    }

    /// Ends every browser session of a subject at once.
    pub async fn end_all_sessions(&self, who: &SubjectRow) -> Result<(), StoreError> {
        let ended = who.id.clone();
        self.store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.delete_browser_sessions_of(&ended).await.map(|_| ()) })
            })
            .await
    }

    /// Ends a browser session at once. It is not an error if the session has already ended.
    pub async fn end_session(&self, secret: &MachineSecret) -> Result<(), StoreError> {
        let ended = digest(secret);
        self.store
            .write(move |tx: &mut Transaction| {
                Box::pin(async move { tx.delete_browser_session(&ended).await })
            })
            .await
    }
}

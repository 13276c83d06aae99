//! Starts sessions: makes new refresh tokens.

use super::authenticated::Authenticated;
use super::authenticator::Authenticator;
use super::credentials::digest;
use super::error::AuthnError;
use super::refresh::ABSOLUTE_LIFE_SECONDS;
use crate::domain::refusal::Cause;
use crate::domain::secret::{MachineCredential, MachineSecret};
use crate::domain::service::{ClientId, ServiceName};
use crate::domain::time::Timestamp;
use crate::storage::{NewRefreshToken, RefreshTokenRow, Transaction};
use std::net::IpAddr;

impl Authenticator {
    /// Makes a refresh token for a subject that has just proven a password. The token is durable when this function
    /// returns.
    ///
    /// # Errors
    /// [`AuthnError::Rejected`] when the subject was disabled or deleted, or its password or administrator flag
    /// changed, meanwhile; [`AuthnError::Store`] when the database does not answer.
    pub async fn start_session(
        &self,
        who: &Authenticated,
        service: &ServiceName,
        client_id: &ClientId,
        address: Option<IpAddr>,
        now: Timestamp,
        entropy: &[u8; 32],
    ) -> Result<MachineSecret, AuthnError> {
        let secret = MachineCredential::new_refresh_token(entropy);
        let new = NewRefreshToken {
            subject_id: who.found.row.id.clone(),
            credential_version: who.found.row.credential_version,
            digest: digest(&secret),
            row: RefreshTokenRow {
                id: uuid::Uuid::now_v7().to_string(),
                service: service.clone(),
                client_id: client_id.as_str().to_owned(),
                created_at: now,
                last_used_at: now,
                expires_at: now.plus_seconds(ABSOLUTE_LIFE_SECONDS),
                last_address: address.map(|address| address.to_string()),
            },
        };
        let stored = self
            .store
            .write(move |tx: &mut Transaction| Box::pin(async move { tx.insert_refresh_token(&new).await }))
            .await?;
        match stored {
            Some(dropped) => {
                self.identities.forget_sessions(&dropped);
                Ok(secret)
            }
            None => Err(AuthnError::rejected_of(&who.found.row.subject, Cause::ChangedMeanwhile)),
        }
    }
}

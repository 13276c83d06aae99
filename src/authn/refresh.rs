//! Refresh tokens: never rotated, bound to subject and service, with an absolute and an idle end.
// INTEROP: no registry client keeps a rotated refresh token, so the same one is presented for its
// whole life, by several clients in turn.

use super::identities::Identities;
use super::{Authenticated, Authenticator, AuthnError, LastUsed, Proof, digest, digest_bytes, is_active};
use crate::domain::secret::{MachineCredential, MachineSecret};
use crate::domain::service::{ClientId, ServiceName};
use crate::domain::time::Timestamp;
use crate::storage::{NewRefreshToken, RefreshTokenRow, Transaction};
use std::net::IpAddr;

/// A refresh token ends this long after it was made, used or not: 90 days.
pub const ABSOLUTE_LIFE_SECONDS: i64 = 90 * 86_400;
/// A refresh token ends this long after its last use: 30 days.
pub const IDLE_LIFE_SECONDS: i64 = 30 * 86_400;

pub(super) async fn prove(
    identities: &Identities,
    last_used: &LastUsed,
    secret: &MachineSecret,
    service: Option<&ServiceName>,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<Authenticated, AuthnError> {
    let Some(known) = identities.session(&digest_bytes(secret)).await? else {
        return Err(AuthnError::Rejected);
    };
    if !is_active(&known.found, now) {
        return Err(AuthnError::Rejected);
    }
    let token = &known.detail;
    if now >= token.expires_at || now >= known.noted().plus_seconds(IDLE_LIFE_SECONDS) {
        return Err(AuthnError::SessionExpired);
    }
    if service.is_some_and(|service| *service != token.service) {
        return Err(AuthnError::OtherService);
    }
    last_used.mark_session(&known, address, now);
    Ok(Authenticated {
        service: Some(token.service.clone()),
        ..Authenticated::new(&known, Proof::RefreshToken(token.id.clone()))
    })
}

impl Authenticator {
    /// Makes a refresh token for somebody who has just proven a password. Durable when it returns.
    ///
    /// # Errors
    /// [`AuthnError::Rejected`] when the subject was disabled or its password changed meanwhile.
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
            None => Err(AuthnError::Rejected),
        }
    }
}

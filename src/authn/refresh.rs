//! Refresh tokens: never rotated, bound to subject and service, with an absolute and an idle end.
// INTEROP: no registry client keeps a rotated refresh token, so the same one is presented for its
// whole life, by several clients in turn.

use super::authenticated::{Authenticated, Proof, check_standing, is_active};
use super::credentials::digest_bytes;
use super::error::AuthnError;
use super::identities::Identities;
use super::last_used::LastUsed;
use crate::domain::refusal::Cause;
use crate::domain::secret::MachineSecret;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// A refresh token ends this long after it was made, used or not: 90 days.
pub const ABSOLUTE_LIFE_SECONDS: i64 = 90 * 86_400;
/// A refresh token ends this long after its last use: 30 days.
pub const IDLE_LIFE_SECONDS: i64 = 30 * 86_400;

/// Proves a refresh token. `service` is the one that was asked for, if one was.
pub(super) async fn prove(
    identities: &Identities,
    last_used: &LastUsed,
    secret: &MachineSecret,
    service: Option<&ServiceName>,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<Authenticated, AuthnError> {
    let Some(cached) = identities.session(&digest_bytes(secret)).await? else {
        return Err(AuthnError::rejected(Cause::RevokedSession));
    };
    let owner = &cached.found.row.subject;
    if !cached.found.row.disabled {
        check_standing(&cached.found, now)?;
    }
    if !is_active(&cached.found, now) {
        return Err(AuthnError::rejected_of(owner, Cause::Disabled));
    }
    let token = &cached.detail;
    if now >= token.expires_at || now >= cached.noted().plus_seconds(IDLE_LIFE_SECONDS) {
        return Err(AuthnError::SessionExpired(owner.clone()));
    }
    if service.is_some_and(|service| *service != token.service) {
        return Err(AuthnError::OtherService(owner.clone()));
    }
    last_used.mark_session(&cached, address, now);
    Ok(Authenticated {
        service: Some(token.service.clone()),
        ..Authenticated::new(&cached, Proof::RefreshToken(token.id.clone()))
    })
}

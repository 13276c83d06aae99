//! Refresh tokens: never rotated, for one subject and one service. They end at a fixed time, or earlier after
//! disuse.
// INTEROP: no registry client keeps a rotated refresh token, so several clients present the same token in
// turn for its whole life.

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

/// The longest life of a refresh token: it ends 90 days after it was made, even if it is in use.
pub const ABSOLUTE_LIFE_SECONDS: i64 = 90 * 86_400;
/// The longest disuse of a refresh token: it ends 30 days after its last use.
pub const IDLE_LIFE_SECONDS: i64 = 30 * 86_400;

/// Authenticates the owner of a refresh token. `service` is the requested service, if the request names one. Fails if
/// the token is unknown, has ended or is for another service, or if its owner may not sign in.
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

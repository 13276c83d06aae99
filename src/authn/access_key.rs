//! Access keys, looked up by digest.

use super::authenticated::{Authenticated, Proof, check_standing, earlier, is_active};
use super::credentials::digest_bytes;
use super::error::AuthnError;
use super::identities::Identities;
use super::last_used::LastUsed;
use super::purpose::Purpose;
use crate::domain::refusal::Cause;
use crate::domain::secret::MachineSecret;
use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// Authenticates the owner of an access key. Fails if the key is unknown or has ended, or if its owner may not sign
/// in.
pub(super) async fn prove(
    identities: &Identities,
    last_used: &LastUsed,
    secret: &MachineSecret,
    purpose: Purpose<'_>,
    address: Option<IpAddr>,
    now: Timestamp,
) -> Result<Authenticated, AuthnError> {
    let Some(cached) = identities.key(&digest_bytes(secret), purpose.lookup()).await? else {
        return Err(AuthnError::rejected(Cause::UnknownKey));
    };
    let (key, owner) = (&cached.detail, &cached.found.row);
    if owner.disabled {
        return Err(AuthnError::rejected_of(&owner.subject, Cause::Disabled));
    }
    check_standing(&cached.found, now)?;
    if !is_active(&cached.found, now) || key.expires_at.is_some_and(|end| end <= now) {
        return Err(AuthnError::rejected_of(&owner.subject, Cause::ExpiredKey));
    }
    last_used.mark_key(&cached, address, now);
    Ok(Authenticated {
        ends_at: earlier(cached.found.row.expires_at, key.expires_at),
        restriction: key.restriction.clone(),
        ..Authenticated::new(&cached, Proof::AccessKey(key.id.clone()))
    })
}

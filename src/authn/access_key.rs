//! Access keys, looked up by digest.

use super::authenticated::{Authenticated, Proof, earlier, is_active};
use super::credentials::digest_bytes;
use super::error::AuthnError;
use super::identities::{Identities, Source};
use super::last_used::LastUsed;
use crate::domain::secret::MachineSecret;
use crate::domain::time::Timestamp;

pub(super) async fn prove(
    identities: &Identities,
    source: Source,
    last_used: &LastUsed,
    secret: &MachineSecret,
    now: Timestamp,
) -> Result<Authenticated, AuthnError> {
    let Some(known) = identities.key(&digest_bytes(secret), source).await? else {
        return Err(AuthnError::Rejected);
    };
    let key = &known.detail;
    if !is_active(&known.found, now) || key.expires_at.is_some_and(|end| end <= now) {
        return Err(AuthnError::Rejected);
    }
    last_used.mark_key(&known, now);
    Ok(Authenticated {
        ends_at: earlier(known.found.row.expires_at, key.expires_at),
        restriction: key.restriction.clone(),
        ..Authenticated::new(&known, Proof::AccessKey(key.id.clone()))
    })
}

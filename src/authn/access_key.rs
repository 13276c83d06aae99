//! Access keys, looked up by digest.

use super::{Authenticated, AuthnError, LastUsed, Proof, digest, earlier, is_active};
use crate::domain::secret::MachineSecret;
use crate::domain::time::Timestamp;
use crate::storage::Store;

pub(super) async fn prove(
    store: &Store,
    last_used: &LastUsed,
    secret: &MachineSecret,
    now: Timestamp,
) -> Result<Authenticated, AuthnError> {
    let owner = store.read().await?.find_key_owner(&digest(secret)).await?;
    let Some((found, key)) = owner else {
        return Err(AuthnError::Rejected);
    };
    if !is_active(&found, now) || key.expires_at.is_some_and(|end| end <= now) {
        return Err(AuthnError::Rejected);
    }
    last_used.mark_key(&key.id, key.last_used_at, now);
    Ok(Authenticated {
        ends_at: earlier(found.row.expires_at, key.expires_at),
        found,
        proof: Proof::AccessKey(key.id),
        restriction: key.restriction,
        service: None,
    })
}

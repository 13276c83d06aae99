//! What a client presents, and the digest of a credential of our own making.

use crate::domain::secret::{Digest, MachineSecret, Password};

/// What a client presents.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name, as sent.
    pub user: String,
    /// The password, or a credential of our own making in its place.
    pub password: Password,
}

/// The digest under which a secret of ours is stored.
#[must_use]
pub fn digest(secret: &MachineSecret) -> Digest {
    Digest::from_bytes(&digest_bytes(secret))
}

/// The bytes of that digest.
pub(super) fn digest_bytes(secret: &MachineSecret) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.expose().as_bytes());
    digest.as_ref().try_into().unwrap_or_default()
}

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

impl Credentials {
    /// The user name for the log, unless there is none or it might be a misplaced secret.
    #[must_use]
    pub fn claimed_user(&self) -> Option<&str> {
        let user = self.user.as_str();
        let is_fit = !user.is_empty() && user.len() <= 255 && !user.contains("ptr_");
        is_fit.then_some(user)
    }
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

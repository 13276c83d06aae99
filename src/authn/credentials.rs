//! The credentials that a client presents, and the digest of a secret that this server made.

use crate::domain::secret::{Digest, MachineSecret, Password};

/// The credentials that a client presents.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The user name, as sent.
    pub user: String,
    /// The password, or a machine credential in its place.
    pub password: Password,
}

impl Credentials {
    /// Returns the user name for the log. Returns `None` if the name is empty or longer than 255 bytes, or contains
    /// `ptr_`: then it might be a misplaced secret.
    #[must_use]
    pub fn claimed_user(&self) -> Option<&str> {
        let user = self.user.as_str();
        let is_fit = !user.is_empty() && user.len() <= 255 && !user.contains("ptr_");
        is_fit.then_some(user)
    }
}

/// Returns the digest under which a machine secret is stored.
#[must_use]
pub fn digest(secret: &MachineSecret) -> Digest {
    Digest::from_bytes(&digest_bytes(secret))
}

/// Returns the bytes of the digest under which a machine secret is stored.
pub(super) fn digest_bytes(secret: &MachineSecret) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, secret.expose().as_bytes());
    digest.as_ref().try_into().unwrap_or_default()
}

//! One attempt to sign in with a password, and what decides whether it is right.

use super::authenticated::is_active;
use crate::domain::secret::Password;
use crate::domain::time::Timestamp;
use crate::storage::StoredSubject;

/// An attempt to sign in with a password.
pub struct Attempt<'a> {
    /// The user name, as sent.
    pub(super) user: &'a str,
    /// The account of that name, if there is one.
    pub(super) found: Option<&'a StoredSubject>,
    /// Whether that account may sign in now.
    active: bool,
    /// The password, as sent.
    pub(super) password: &'a Password,
    /// What decides.
    pub(super) verifier: PasswordVerifier<'a>,
}

/// What decides whether the password of an attempt is right. The gate matches it exhaustively.
pub(super) enum PasswordVerifier<'a> {
    /// The hash that is stored with the account; `None` where the account has none, or where there is
    /// no account. Without a hash every password is wrong; the refusal takes as long as a comparison.
    StoredHash(Option<&'a str>),
}

impl PasswordVerifier<'_> {
    /// Whether any password can be right.
    fn can_accept(&self) -> bool {
        match self {
            Self::StoredHash(hash) => hash.is_some(),
        }
    }

    /// What a remembered verdict depends on, besides account and password.
    pub(super) fn fingerprint(&self) -> &[u8] {
        match self {
            Self::StoredHash(hash) => hash.unwrap_or_default().as_bytes(),
        }
    }
}

impl<'a> Attempt<'a> {
    /// An attempt at the time `now` to sign in to the account `found`, if there is one.
    #[must_use]
    pub fn new(
        user: &'a str,
        found: Option<&'a StoredSubject>,
        password: &'a Password,
        now: Timestamp,
    ) -> Self {
        let active = found.is_some_and(|found| is_active(found, now));
        let hash = found.and_then(|found| found.row.password_hash.as_deref());
        Self { user, found, active, password, verifier: PasswordVerifier::StoredHash(hash) }
    }

    /// Whether any password can be right: the account exists, has a password and may sign in.
    pub(super) fn can_succeed(&self) -> bool {
        self.active && self.verifier.can_accept()
    }
}

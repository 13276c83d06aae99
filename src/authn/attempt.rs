//! One attempt to sign in with a password, and what decides whether it is right.

use super::authenticated::is_active;
use super::error::AuthnError;
use crate::domain::refusal::{Cause, has_outer_space};
use crate::domain::secret::{MachineCredential, Password};
use crate::domain::time::Timestamp;
use crate::storage::StoredSubject;
use std::net::IpAddr;

/// An attempt to sign in with a password.
pub struct Attempt<'a> {
    /// The user name, as sent.
    pub(super) user: &'a str,
    /// The account of that name, if there is one.
    pub(super) found: Option<&'a StoredSubject>,
    /// Whether that account may sign in now.
    active: bool,
    /// Whether there is an account whose name differs in upper and lower case only.
    in_other_case: bool,
    /// The password, as sent.
    pub(super) password: &'a Password,
    /// The client's address, where it is known.
    pub(super) address: Option<IpAddr>,
    /// When.
    pub(super) at: Timestamp,
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
    /// An attempt at the time `now`, from `address`, to sign in to the account `found`, if there is one.
    #[must_use]
    pub fn new(
        user: &'a str,
        found: Option<&'a StoredSubject>,
        password: &'a Password,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Self {
        let active = found.is_some_and(|found| is_active(found, now));
        let hash = found.and_then(|found| found.row.password_hash.as_deref());
        let verifier = PasswordVerifier::StoredHash(hash);
        Self { user, found, active, in_other_case: false, password, address, at: now, verifier }
    }

    /// The same, with what is known of a name that nobody bears: whether somebody bears it in other
    /// upper and lower case.
    pub(super) fn in_other_case(self, in_other_case: bool) -> Self {
        Self { in_other_case, ..self }
    }

    /// The refusal of this attempt. `repeated` when the same was refused a moment ago.
    // INVARIANT: the cause is told from what is at hand, so that finding it takes no time.
    pub(super) fn refusal(&self, repeated: bool) -> AuthnError {
        let Some(found) = self.found else {
            return AuthnError::rejected(self.cause_without_account());
        };
        let wrong = if repeated { Cause::RefusedBefore } else { Cause::WrongPassword };
        let cause = if found.row.disabled {
            Cause::Disabled
        } else {
            Cause::of_password(self.password.expose()).unwrap_or(wrong)
        };
        AuthnError::rejected_of(&found.row.subject, cause)
    }

    /// Why there is no account of this name.
    fn cause_without_account(&self) -> Cause {
        let text = std::str::from_utf8(self.password.expose()).unwrap_or_default();
        let is_spaced_key = has_outer_space(text) && MachineCredential::parse(text.trim()).is_some();
        if has_outer_space(self.user) || is_spaced_key {
            return Cause::Whitespace;
        }
        if self.in_other_case {
            return Cause::Case;
        }
        match Cause::of_password(self.password.expose()) {
            Some(foreign @ (Cause::UnknownKey | Cause::RegistryToken)) => foreign,
            _ => Cause::UnknownUser,
        }
    }

    /// The version of the account's credentials; 0 where there is no account.
    pub(super) fn version(&self) -> i64 {
        self.found.map_or(0, |found| found.row.credential_version)
    }

    /// Whether any password can be right: the account exists, has a password and may sign in.
    pub(super) fn can_succeed(&self) -> bool {
        self.active && self.verifier.can_accept()
    }
}

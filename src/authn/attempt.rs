//! An attempt to sign in with a password, and the closed list of ways to verify that password.

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
    /// The account with the sent name, if it exists.
    pub(super) found: Option<&'a StoredSubject>,
    /// True if that account may sign in now.
    active: bool,
    /// True if an account exists whose name differs only in upper and lower case.
    in_other_case: bool,
    /// The password, as sent.
    pub(super) password: &'a Password,
    /// The client's address, if it is known.
    pub(super) address: Option<IpAddr>,
    /// The time of the attempt.
    pub(super) at: Timestamp,
    /// The way to verify the password.
    pub(super) verifier: PasswordVerifier<'a>,
}

/// The way to verify an attempt's password. The list is closed, and [`super::PasswordGate`] matches it exhaustively.
pub(super) enum PasswordVerifier<'a> {
    /// The hash that is stored with the account. `None` if the account has no hash or does not exist: then every
    /// password is wrong, and the refusal takes as long as a comparison.
    StoredHash(Option<&'a str>),
}

impl PasswordVerifier<'_> {
    /// Returns true if any password can be right.
    fn can_accept(&self) -> bool {
        match self {
            Self::StoredHash(hash) => hash.is_some(),
        }
    }

    /// Returns the bytes of the verifier that are part of the key of a remembered verdict: the stored hash, or no
    /// bytes.
    pub(super) fn fingerprint(&self) -> &[u8] {
        match self {
            Self::StoredHash(hash) => hash.unwrap_or_default().as_bytes(),
        }
    }
}

impl<'a> Attempt<'a> {
    /// Makes an attempt at the time `now`, from `address`, to sign in to the account `found`, if it exists.
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

    /// Returns this attempt. `in_other_case` is true if an account's name differs from the sent name only in case.
    pub(super) fn in_other_case(self, in_other_case: bool) -> Self {
        Self { in_other_case, ..self }
    }

    /// Returns the refusal of this attempt. `repeated` is true if the refusal of an equal attempt is still remembered.
    // INVARIANT: the cause comes from this attempt alone, without a query or a hash. So the time of a refusal does not
    // show the cause.
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

    /// Returns the cause of the refusal of a name without an account.
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

    /// Returns the version of the account's credentials, or 0 if the account does not exist.
    pub(super) fn version(&self) -> i64 {
        self.found.map_or(0, |found| found.row.credential_version)
    }

    /// Returns true if any password can be right: the account exists, has a password and may sign in.
    pub(super) fn can_succeed(&self) -> bool {
        self.active && self.verifier.can_accept()
    }
}

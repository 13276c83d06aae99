//! The identity of a user: the provider that vouches for the user, and the end of that assurance.

use super::provider::ProviderName;
use crate::domain::time::Timestamp;
use strum::{EnumString, IntoStaticStr};

/// The last answer of a provider about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum IdentityState {
    /// The person exists and may sign in.
    Active,
    /// The person is gone, or may no longer sign in.
    Refused,
}

impl IdentityState {
    /// Returns the state as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The state that decides whether a provider's user may act now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The provider confirmed the user recently enough.
    Good,
    /// The user's sign-in has ended: the provider refused the user, or its last answer is no longer valid and the
    /// provider cannot be asked again.
    Ended,
    /// The provider has not confirmed the user for too long. The server must ask the provider before the user may
    /// act.
    Unconfirmed,
}

/// The identity of a user at an identity provider. An administrator's link makes an identity without a sign-in: all its
/// times then count from the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The name of the provider.
    pub provider: ProviderName,
    /// The issuer of the provider at the time of the last confirmation.
    pub issuer: String,
    /// The provider's permanent id of the person. The id is never a name or an e-mail address, because those get
    /// reused.
    pub external_id: String,
    /// The person's name at the provider, for display only.
    pub external_name: String,
    /// The provider's last answer.
    pub state: IdentityState,
    /// The time at which the person last signed in at the provider.
    pub signed_in_at: Timestamp,
    /// The time at which the provider last answered.
    pub checked_at: Timestamp,
    /// The end of the validity of the last answer.
    pub valid_until: Timestamp,
    /// True if the provider can be asked again while the person is absent.
    pub checkable: bool,
}

impl Identity {
    /// Returns the standing of the person at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> Standing {
        // Without this check, an answer that was stored while the clock was ahead could stay valid for years.
        let has_end = self.checked_at <= now.newest_mark();
        match self.state {
            IdentityState::Active if now < self.valid_until && has_end => Standing::Good,
            IdentityState::Active if self.checkable => Standing::Unconfirmed,
            IdentityState::Active | IdentityState::Refused => Standing::Ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_holds_until_its_end_and_is_then_asked_for_or_over() {
        let at = Timestamp::from_seconds;
        for (state, checkable, now, expected) in [
            (IdentityState::Active, true, 9, Standing::Good),
            (IdentityState::Active, false, 9, Standing::Good),
            (IdentityState::Active, true, 10, Standing::Unconfirmed),
            (IdentityState::Active, false, 10, Standing::Ended),
            (IdentityState::Refused, true, 9, Standing::Ended),
        ] {
            let identity = Identity {
                provider: ProviderName::parse("corp").unwrap(),
                issuer: "https://id.example.org".to_owned(),
                external_id: "1".to_owned(),
                external_name: "alice".to_owned(),
                state,
                signed_in_at: at(0),
                checked_at: at(0),
                valid_until: at(10),
                checkable,
            };
            assert_eq!(identity.holds(at(now)), expected, "{state:?} {checkable} {now}");
        }
    }
}

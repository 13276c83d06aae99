//! The identity of a user: who vouches for them, and until when that holds.

use super::provider::ProviderName;
use crate::domain::time::Timestamp;
use strum::{EnumString, IntoStaticStr};

/// What the provider last said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum IdentityState {
    /// The person is there and may sign in.
    Active,
    /// The person is gone, or may not sign in any more.
    Refused,
}

impl IdentityState {
    /// The state as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Whether somebody of a provider may act now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The provider vouched for them recently enough.
    Good,
    /// Their sign-in has ended: the provider refused them, or it cannot be asked again.
    Ended,
    /// The provider has not confirmed them for too long, and must be asked first.
    Unconfirmed,
}

/// Who vouches for a user, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The provider.
    pub provider: ProviderName,
    /// The issuer of the provider when it last vouched.
    pub issuer: String,
    /// What the provider calls the person, for good: never a name or an e-mail address, which get reused.
    pub external_id: String,
    /// What the person is called there, for people to read.
    pub external_name: String,
    /// What the provider last said.
    pub state: IdentityState,
    /// When the person last signed in there.
    pub signed_in_at: Timestamp,
    /// When the provider last answered.
    pub checked_at: Timestamp,
    /// Until when that answer is good.
    pub valid_until: Timestamp,
    /// Whether the provider can be asked again without the person.
    pub checkable: bool,
}

impl Identity {
    /// Whether the person may act at `now`.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> Standing {
        // What was noted while a clock was ahead would be good for ever.
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

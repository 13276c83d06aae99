//! The verifier of a service's tokens: the kinds of registries, and the way in which each kind finds the key of a
//! token.
//!
//! No combination of settings can be made that is known not to work.
// SPEC: distribution registry/auth/token (2.6 to 3.1) and zot pkg/api/bearer.go. Both were read and tried.

use std::str::FromStr;
use strum::{Display, EnumString, IntoStaticStr, VariantNames};

/// The reason why a combination of settings was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifier {
    /// The text is not a known profile.
    #[error("`{0}` is not a profile: choose `distribution-2`, `distribution-3`, `zot`, `gitlab` or `custom`")]
    Profile(String),
    /// The text is not a known way to trust keys.
    #[error("`{0}` is not a way to trust keys: choose `bundle`, `jwks` or `certificate`")]
    Trust(String),
    /// The text is not a known form of key ids.
    #[error("`{0}` is not a form of key ids: choose `libtrust` or `thumbprint`")]
    KeyId(String),
    /// The profile does not allow this way to trust keys. The text says why, and what to use.
    #[error("{0}")]
    ImpossibleTrust(&'static str),
    /// The profile does not allow this form of key ids. The text says why, and what to use.
    #[error("{0}")]
    ImpossibleKeyId(&'static str),
}

impl InvalidVerifier {
    /// Returns the name of the setting that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Profile(_) => "profile",
            Self::Trust(_) | Self::ImpossibleTrust(_) => "trust",
            Self::KeyId(_) | Self::ImpossibleKeyId(_) => "key_id",
        }
    }
}

/// The kind of a registry.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum Profile {
    /// Registries of distribution 2.6 to 2.8.
    #[strum(serialize = "distribution-2")]
    Distribution2,
    /// Registries of distribution 3.
    #[strum(serialize = "distribution-3")]
    Distribution3,
    /// The registry zot, with `http.auth.bearer`.
    Zot,
    /// GitLab's container registry.
    Gitlab,
    /// Another kind of registry, which the settings `trust` and `key_id` describe.
    Custom,
}

impl Profile {
    /// Returns true if registries of this profile require `pull` for every push.
    // INTEROP: distribution requires pull and push in the token for each POST, PUT and PATCH
    // (registry/handlers/app.go, appendAccessRecords), but some clients request push alone.
    #[must_use]
    pub fn wants_pull_for_push(self) -> bool {
        matches!(self, Self::Distribution2 | Self::Distribution3 | Self::Gitlab)
    }
}

/// The way in which a registry trusts keys.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum Trust {
    /// The registry has the certificate of the CA, and tokens contain the certificate of their key (`x5c`).
    Bundle,
    /// The registry has a key set (RFC 7517) and looks up keys by `kid`.
    // INTEROP: distribution 3 with only a key set refuses every token with `x5c`.
    Jwks,
    /// The registry has the certificate of the signing key itself.
    Certificate,
}

/// The form of a token's `kid`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum KeyIdForm {
    /// The SHA-256 of the SubjectPublicKeyInfo in base32, as libtrust computes it.
    Libtrust,
    /// The JWK thumbprint of RFC 7638.
    Thumbprint,
}

macro_rules! as_str {
    ($($words:ty),+) => {$(
        impl $words {
            /// Returns the word for the value in settings.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
    )+};
}
as_str!(Profile, Trust, KeyIdForm);

/// Parses the word for a profile, a way to trust keys or a form of key ids. For an unknown word, fails with
/// the error that `error` makes from the word.
fn word<T: FromStr>(text: &str, error: fn(String) -> InvalidVerifier) -> Result<T, InvalidVerifier> {
    text.parse().map_err(|_| error(text.chars().take(80).collect()))
}

/// The way in which a registry verifies tokens: a profile, and the settings that the profile leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verifier {
    profile: Profile,
    /// The setting for trust; `None` if the profile decides.
    asked_trust: Option<Trust>,
    asked_key_id: Option<KeyIdForm>,
    trust: Trust,
    key_id: KeyIdForm,
}

impl Default for Verifier {
    fn default() -> Self {
        Self {
            profile: Profile::Distribution2,
            asked_trust: None,
            asked_key_id: None,
            trust: Trust::Bundle,
            key_id: KeyIdForm::Libtrust,
        }
    }
}

impl Verifier {
    /// Checks a combination of settings. For `None`, the profile decides.
    ///
    /// Fails with [`InvalidVerifier::ImpossibleTrust`] or [`InvalidVerifier::ImpossibleKeyId`] if the profile does
    /// not allow the setting.
    pub fn new(
        profile: Profile,
        trust: Option<Trust>,
        key_id: Option<KeyIdForm>,
    ) -> Result<Self, InvalidVerifier> {
        let usual = match profile {
            Profile::Zot => Trust::Certificate,
            _ => Trust::Bundle,
        };
        let chosen = trust.unwrap_or(usual);
        let impossible = match (profile, chosen) {
            (Profile::Distribution2, Trust::Jwks) => {
                "distribution 2 reads no key set: use `bundle`, or the profile `distribution-3`"
            }
            (Profile::Gitlab, Trust::Jwks) => "GitLab's registry reads no key set: use `bundle`",
            (Profile::Distribution2 | Profile::Distribution3 | Profile::Gitlab, Trust::Certificate) => {
                "this registry accepts every key below the CA in its bundle, so a new key needs no change there: use `bundle`"
            }
            (Profile::Zot, Trust::Bundle) => {
                "zot ignores the certificates in a token and verifies with its own certificate: use `certificate`"
            }
            (Profile::Zot, Trust::Jwks) => {
                "zot accepts only key sets with one key, so its key set cannot contain a next key: use `certificate`"
            }
            _ => "",
        };
        if !impossible.is_empty() {
            return Err(InvalidVerifier::ImpossibleTrust(impossible));
        }
        let usual = match profile {
            Profile::Distribution2 | Profile::Gitlab => KeyIdForm::Libtrust,
            Profile::Distribution3 | Profile::Zot | Profile::Custom => KeyIdForm::Thumbprint,
        };
        if profile != Profile::Custom && key_id.is_some_and(|form| form != usual) {
            return Err(InvalidVerifier::ImpossibleKeyId(match profile {
                Profile::Zot => "zot does not look at key ids: leave `key_id` out",
                Profile::Distribution3 => {
                    "distribution 3 looks keys up by their RFC 7638 thumbprint: leave `key_id` out"
                }
                _ => "this registry looks keys up by their libtrust id: leave `key_id` out",
            }));
        }
        let key_id_used = key_id.unwrap_or(usual);
        Ok(Self { profile, asked_trust: trust, asked_key_id: key_id, trust: chosen, key_id: key_id_used })
    }

    /// Parses a combination of settings from their words in the database and the API.
    pub fn parse(profile: &str, trust: Option<&str>, key_id: Option<&str>) -> Result<Self, InvalidVerifier> {
        Self::new(
            word(profile, InvalidVerifier::Profile)?,
            trust.map(|text| word(text, InvalidVerifier::Trust)).transpose()?,
            key_id.map(|text| word(text, InvalidVerifier::KeyId)).transpose()?,
        )
    }

    /// Parses a stored combination. If the profile does not allow the other settings, uses the profile alone: an
    /// older release that runs beside this one changes only the profile.
    pub fn stored(profile: &str, trust: Option<&str>, key_id: Option<&str>) -> Result<Self, InvalidVerifier> {
        Self::parse(profile, trust, key_id).or_else(|_| Self::parse(profile, None, None))
    }

    /// Returns the profile of the registry.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// Returns the setting for trust; `None` if the profile decides.
    #[must_use]
    pub fn asked_trust(&self) -> Option<Trust> {
        self.asked_trust
    }

    /// Returns the setting for the form of key ids; `None` if the profile decides.
    #[must_use]
    pub fn asked_key_id(&self) -> Option<KeyIdForm> {
        self.asked_key_id
    }

    /// Returns the way in which the registry trusts keys.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// Returns the form of the `kid` in tokens for the registry.
    #[must_use]
    pub fn key_id(&self) -> KeyIdForm {
        self.key_id
    }

    /// Returns true if the service needs a key that signs for no other service, because each new key must be given to
    /// its registry. A zot compares neither issuer nor audience, so it needs this for its safety too. Tokens of all
    /// other services contain the certificate of their key (`x5c`, RFC 7515 section 4.1.6).
    #[must_use]
    pub fn has_own_key(&self) -> bool {
        self.trust != Trust::Bundle
    }

    /// Returns the greatest clock skew with which the registry still accepts good tokens, seconds. Returns 0 for zot,
    /// and for the profile `custom`, whose leeway is not known.
    #[must_use]
    pub fn leeway_seconds(&self) -> i64 {
        match self.profile {
            Profile::Distribution2 | Profile::Distribution3 | Profile::Gitlab => 60,
            Profile::Zot | Profile::Custom => 0,
        }
    }

    /// Returns the JWS algorithms (RFC 7518) of this server that the registry verifies.
    #[must_use]
    pub fn algorithms(&self) -> &'static [&'static str] {
        match self.profile {
            // INTEROP: distribution 2 panics at start if its bundle contains an Ed25519 certificate.
            Profile::Distribution2 | Profile::Gitlab => &["ES256", "ES384", "RS256"],
            Profile::Distribution3 | Profile::Zot | Profile::Custom => &["ES256", "ES384", "RS256", "EdDSA"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_combinations_that_work_can_be_made() {
        // (profile, trust, key id) and the result: (trust, key id, true for an own key), or the wrong setting
        type Outcome = Result<(&'static str, &'static str, bool), &'static str>;
        let table: [(&str, Option<&str>, Option<&str>, Outcome); 17] = [
            ("distribution-2", None, None, Ok(("bundle", "libtrust", false))),
            ("distribution-2", Some("bundle"), Some("libtrust"), Ok(("bundle", "libtrust", false))),
            ("distribution-2", Some("jwks"), None, Err("trust")),
            ("distribution-2", Some("certificate"), None, Err("trust")),
            ("distribution-2", None, Some("thumbprint"), Err("key_id")),
            ("distribution-3", None, None, Ok(("bundle", "thumbprint", false))),
            ("distribution-3", Some("jwks"), None, Ok(("jwks", "thumbprint", true))),
            ("distribution-3", None, Some("libtrust"), Err("key_id")),
            ("zot", None, None, Ok(("certificate", "thumbprint", true))),
            ("zot", Some("bundle"), None, Err("trust")),
            ("zot", Some("jwks"), None, Err("trust")),
            ("gitlab", None, None, Ok(("bundle", "libtrust", false))),
            ("gitlab", Some("jwks"), None, Err("trust")),
            ("custom", Some("certificate"), Some("libtrust"), Ok(("certificate", "libtrust", true))),
            ("custom", Some("jwks"), None, Ok(("jwks", "thumbprint", true))),
            ("harbor", None, None, Err("profile")),
            ("custom", Some("faith"), None, Err("trust")),
        ];
        for (profile, trust, key_id, expected) in table {
            let outcome = Verifier::parse(profile, trust, key_id)
                .map(|v| (v.trust().as_str(), v.key_id().as_str(), v.has_own_key()))
                .map_err(|error| error.field());
            assert_eq!(outcome, expected, "{profile} {trust:?} {key_id:?}");
        }
        let left_over = Verifier::stored("distribution-2", Some("jwks"), None).unwrap();
        assert_eq!(
            left_over,
            Verifier::default(),
            "an impossible combination that an older release stored is replaced by the default"
        );
        assert_eq!(Verifier::default(), Verifier::parse("distribution-2", None, None).unwrap());
    }
}

//! What verifies the tokens of a service: the kinds of registries, and how each finds the key.
//!
//! Only combinations that are known to work can be made.
// SPEC: distribution registry/auth/token (2.6 to 3.1), zot pkg/api/bearer.go: read and run.

use std::str::FromStr;
use strum::{Display, EnumString, IntoStaticStr, VariantNames};

/// Why a combination was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVerifier {
    /// Not a profile that this server can serve.
    #[error("`{0}` is not a profile: choose `distribution-2`, `distribution-3`, `zot`, `gitlab` or `custom`")]
    Profile(String),
    /// Not a way to know keys.
    #[error("`{0}` is not a way to know keys: choose `bundle`, `jwks` or `certificate`")]
    Trust(String),
    /// Not a form of key ids.
    #[error("`{0}` is not a form of key ids: choose `libtrust` or `thumbprint`")]
    KeyId(String),
    /// The profile's registry does not know keys this way.
    #[error("{0}")]
    ImpossibleTrust(&'static str),
    /// The profile's registry does not look keys up by such ids.
    #[error("{0}")]
    ImpossibleKeyId(&'static str),
}

impl InvalidVerifier {
    /// The field that is wrong.
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
    /// distribution 2.6 to 2.8.
    #[strum(serialize = "distribution-2")]
    Distribution2,
    /// distribution 3.
    #[strum(serialize = "distribution-3")]
    Distribution3,
    /// zot, with `http.auth.bearer`.
    Zot,
    /// GitLab's container registry.
    Gitlab,
    /// Another verifier, described by `trust` and `key_id`.
    Custom,
}

impl Profile {
    /// Whether the registry wants the right to pull for every push.
    // INTEROP: distribution asks pull and push of a token for each POST, PUT and PATCH
    // (registry/handlers/app.go, appendAccessRecords); some clients ask for push alone.
    #[must_use]
    pub fn wants_pull_for_push(self) -> bool {
        matches!(self, Self::Distribution2 | Self::Distribution3 | Self::Gitlab)
    }
}

/// How a registry knows the keys that it trusts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum Trust {
    /// It holds the certificate of the CA, and tokens carry the certificate of their key (`x5c`).
    Bundle,
    /// It holds a key set (RFC 7517), and looks keys up by `kid`.
    // INTEROP: distribution 3 with a key set alone refuses every token with x5c.
    Jwks,
    /// It holds the certificate of the key itself.
    Certificate,
}

/// The form of the `kid`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, EnumString, IntoStaticStr, VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum KeyIdForm {
    /// SHA-256 of the SubjectPublicKeyInfo in base32, as libtrust made it.
    Libtrust,
    /// The JWK thumbprint of RFC 7638.
    Thumbprint,
}

macro_rules! as_str {
    ($($words:ty),+) => {$(
        impl $words {
            /// The word, as it is written.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
    )+};
}
as_str!(Profile, Trust, KeyIdForm);

/// Reads a word of one of these lists; `error` says what it is not.
fn word<T: FromStr>(text: &str, error: fn(String) -> InvalidVerifier) -> Result<T, InvalidVerifier> {
    text.parse().map_err(|_| error(text.chars().take(80).collect()))
}

/// A registry's way to verify tokens: a profile, with what it leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verifier {
    profile: Profile,
    /// As asked; `None` is what the profile says.
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
    /// Checks a combination; `None` is what the profile says.
    ///
    /// # Errors
    /// [`InvalidVerifier`] with the reason, when no registry of that kind can verify such tokens.
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
                "this registry verifies any key below the CA in its bundle, so that keys can change without it: use `bundle`"
            }
            (Profile::Zot, Trust::Bundle) => {
                "zot ignores the certificates in a token and verifies with the one that it holds: use `certificate`"
            }
            (Profile::Zot, Trust::Jwks) => {
                "zot takes no key set of more than one key, so that a next key could not be in it: use `certificate`"
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

    /// The same from words, as they are stored and sent.
    pub fn parse(profile: &str, trust: Option<&str>, key_id: Option<&str>) -> Result<Self, InvalidVerifier> {
        Self::new(
            word(profile, InvalidVerifier::Profile)?,
            trust.map(|text| word(text, InvalidVerifier::Trust)).transpose()?,
            key_id.map(|text| word(text, InvalidVerifier::KeyId)).transpose()?,
        )
    }

    /// The same of what is stored. An older release that runs beside this one writes the profile alone, and
    /// what was said for another profile may not go with it: then what the profile says holds.
    pub fn stored(profile: &str, trust: Option<&str>, key_id: Option<&str>) -> Result<Self, InvalidVerifier> {
        Self::parse(profile, trust, key_id).or_else(|_| Self::parse(profile, None, None))
    }

    /// The kind of registry.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// How it knows keys, if that was asked for.
    #[must_use]
    pub fn asked_trust(&self) -> Option<Trust> {
        self.asked_trust
    }

    /// The form of key ids, if that was asked for.
    #[must_use]
    pub fn asked_key_id(&self) -> Option<KeyIdForm> {
        self.asked_key_id
    }

    /// How it knows keys.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// The form of the `kid` in its tokens.
    #[must_use]
    pub fn key_id(&self) -> KeyIdForm {
        self.key_id
    }

    /// Whether its tokens are signed by a key that signs for no other service: such a registry must
    /// be told of each new key, and zot compares neither issuer nor audience. Tokens of every other
    /// service carry the certificate of their key (`x5c`, RFC 7515 section 4.1.6).
    #[must_use]
    pub fn has_own_key(&self) -> bool {
        self.trust != Trust::Bundle
    }

    /// How far the registry's clock may be off before it refuses a fresh token or one in use,
    /// seconds; none is assumed of what is not known.
    #[must_use]
    pub fn leeway_seconds(&self) -> i64 {
        match self.profile {
            Profile::Distribution2 | Profile::Distribution3 | Profile::Gitlab => 60,
            Profile::Zot | Profile::Custom => 0,
        }
    }

    /// The JWS algorithms (RFC 7518) that it verifies, of those that this server signs with.
    #[must_use]
    pub fn algorithms(&self) -> &'static [&'static str] {
        match self.profile {
            // INTEROP: distribution 2 panics at its start when an Ed25519 certificate is in its bundle.
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
        // (profile, trust, key id) and what comes out: (trust, key id, own key) or the field that is wrong
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
            "what an older release left is not a reason to serve nobody"
        );
        assert_eq!(Verifier::default(), Verifier::parse("distribution-2", None, None).unwrap());
    }
}

//! The registries that tokens are for, and the names in a token and its challenge.

use super::time::Ttl;
use super::verifier::{Profile, Verifier};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Why a service or issuer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidService {
    /// Outside the grammar of audiences.
    #[error("`{0}` is not a service: use 1 to 255 printable ASCII characters without comma")]
    Name(String),
    /// Outside the grammar of issuers.
    #[error("`{0}` is not an issuer: use 1 to 255 printable ASCII characters")]
    Issuer(String),
}

fn is_printable(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A registry's name: the `service` parameter and the `aud` claim, one string of 1 to 255
/// printable ASCII characters without comma.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(String);

impl ServiceName {
    /// Parses a service name.
    pub fn parse(text: &str) -> Result<Self, InvalidService> {
        if is_printable(text) && !text.contains(',') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidService::Name(shorten(text)))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ServiceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for ServiceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ServiceName::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The `iss` claim, which every registry compares with its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// Parses an issuer.
    pub fn parse(text: &str) -> Result<Self, InvalidService> {
        if is_printable(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidService::Issuer(shorten(text)))
        }
    }

    /// The issuer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One registry (or several that share a name) that tokens are issued for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The audience.
    pub name: ServiceName,
    /// How long its tokens are good for.
    pub token_ttl: Ttl,
    /// Whether people get refresh tokens for it.
    pub offline_tokens: bool,
    /// Whether `push` is read as `pull,push`, as asked; `None` is what the profile says.
    pub asked_push_includes_pull: Option<bool>,
    /// Whether passwords are accepted by `grant_type=password`. By Basic they always are.
    pub password_grant: bool,
    /// What verifies its tokens.
    pub verifier: Verifier,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
}

impl Service {
    /// A service with every default.
    #[must_use]
    pub fn new(name: ServiceName) -> Self {
        Self {
            name,
            token_ttl: Ttl::DEFAULT,
            offline_tokens: true,
            asked_push_includes_pull: None,
            password_grant: true,
            verifier: Verifier::default(),
            managed_by: None,
        }
    }

    /// Whether `push` is read as `pull,push`.
    #[must_use]
    pub fn push_includes_pull(&self) -> bool {
        self.asked_push_includes_pull.unwrap_or(self.verifier.profile().wants_pull_for_push())
    }

    /// The same for a registry that verifies `algorithm`, where the usual one does not.
    // INTEROP: distribution 2 knows no Ed25519; distribution 3 does.
    #[must_use]
    pub fn verifying(name: ServiceName, algorithm: &str) -> Self {
        let mut service = Self::new(name);
        if !service.verifier.algorithms().contains(&algorithm) {
            service.verifier = Verifier::new(Profile::Distribution3, None, None).unwrap_or_default();
        }
        service
    }
}

/// The `client_id` a client gives: an opaque text for the log, cut at 128 characters, never
/// compared with anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// Keeps what can be logged of a `client_id`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().filter(|c| !c.is_control()).take(128).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_printable_and_without_comma() {
        for (name, fits) in [
            ("registry", true),
            ("Docker registry", true),
            ("registry.example.org:5000", true),
            ("", false),
            ("a,b", false),
            ("caf\u{e9}", false),
            ("a\nb", false),
        ] {
            assert_eq!(ServiceName::parse(name).is_ok(), fits, "{name:?}");
        }
    }

    #[test]
    fn a_client_id_is_cut_and_cleaned() {
        assert_eq!(ClientId::new("containers/image\n").as_str(), "containers/image");
        assert_eq!(ClientId::new(&"x".repeat(500)).as_str().len(), 128);
    }
}

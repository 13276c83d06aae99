//! Services: the registries that tokens are for, and the names in tokens and challenges.

use super::crawl::Crawl;
use super::time::Ttl;
use super::verifier::{Profile, Verifier};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The reason why the name of a service or issuer was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidService {
    /// The text does not match the grammar of service names.
    #[error("`{0}` is not a service: use 1 to 255 printable ASCII characters without comma")]
    Name(String),
    /// The text does not match the grammar of issuers.
    #[error("`{0}` is not an issuer: use 1 to 255 printable ASCII characters")]
    Issuer(String),
}

fn is_printable(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn shorten(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The name of a registry: the `service` parameter and the `aud` claim. The name has 1 to 255 printable ASCII
/// characters, and no comma.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceName(String);

impl ServiceName {
    /// Parses a service name, such as `registry.example.org` or `Docker registry`.
    pub fn parse(text: &str) -> Result<Self, InvalidService> {
        if is_printable(text) && !text.contains(',') {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidService::Name(shorten(text)))
        }
    }

    /// Returns the name as text.
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

/// The issuer of tokens: the `iss` claim. Most registries compare the claim with their configuration; zot
/// does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer(String);

impl Issuer {
    /// Parses an issuer, such as `auth.example.org`.
    pub fn parse(text: &str) -> Result<Self, InvalidService> {
        if is_printable(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidService::Issuer(shorten(text)))
        }
    }

    /// Returns the issuer as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One registry that tokens are issued for, or several registries with the same service name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The name of the service, which is the audience of its tokens.
    pub name: ServiceName,
    /// The lifetime of the service's tokens.
    pub token_ttl: Ttl,
    /// True if people who sign in with a password get refresh tokens for the service.
    pub offline_tokens: bool,
    /// True if a request for `push` is read as `pull,push`; `None` if the profile decides.
    pub asked_push_includes_pull: Option<bool>,
    /// True if the service accepts passwords by `grant_type=password`. Every service accepts passwords by Basic
    /// authentication.
    pub password_grant: bool,
    /// True if the server records the events that the service's registry reports.
    pub events: bool,
    /// True if the server answers `docker search` and lists the catalogue for the service.
    pub search: bool,
    /// The registry that fills the inventory, and the robot that reads it; `None` when nothing is crawled.
    pub crawl: Option<Crawl>,
    /// The settings that describe how the registry verifies the service's tokens.
    pub verifier: Verifier,
    /// The owner of the object, for declarative tools.
    pub managed_by: Option<String>,
}

impl Service {
    /// Makes a service with all default settings.
    #[must_use]
    pub fn new(name: ServiceName) -> Self {
        Self {
            name,
            token_ttl: Ttl::DEFAULT,
            offline_tokens: true,
            asked_push_includes_pull: None,
            password_grant: true,
            events: true,
            search: false,
            crawl: None,
            verifier: Verifier::default(),
            managed_by: None,
        }
    }

    /// Returns true if a request for `push` is read as `pull,push`.
    #[must_use]
    pub fn push_includes_pull(&self) -> bool {
        self.asked_push_includes_pull.unwrap_or(self.verifier.profile().wants_pull_for_push())
    }

    /// Makes a service for a registry that verifies `algorithm`. Uses the profile `distribution-3` if registries of
    /// the default profile do not verify that algorithm.
    // INTEROP: distribution 2 does not verify Ed25519 signatures; distribution 3 does.
    #[must_use]
    pub fn verifying(name: ServiceName, algorithm: &str) -> Self {
        let mut service = Self::new(name);
        if !service.verifier.algorithms().contains(&algorithm) {
            service.verifier = Verifier::new(Profile::Distribution3, None, None).unwrap_or_default();
        }
        service
    }
}

/// The `client_id` that a client sent, cut at 128 characters. It is for the log and for the lists of refresh tokens,
/// and never compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// Makes a text for people from the `client_id` of a request: without control characters, at most 128 characters.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.chars().filter(|c| !c.is_control()).take(128).collect())
    }

    /// Returns the `client_id` as text.
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

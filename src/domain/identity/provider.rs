//! The name and the protocol of an identity provider, and the `managed_by` of the objects that the provider manages.

use crate::domain::subject::shorten;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use strum::{EnumString, IntoStaticStr, VariantNames};

/// The possible beginnings of the `managed_by` of an object that a provider manages.
pub const OWNERS: [&str; 3] = ["oidc:", "github:", "ldap:"];

/// Returns true if a `managed_by` names an identity provider.
#[must_use]
pub fn is_provider_owner(owner: &str) -> bool {
    OWNERS.iter().any(|prefix| owner.starts_with(prefix))
}

/// An error: the text is not the name of a provider.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not the name of a provider: start with a lower-case letter or digit, go on with lower-case letters, digits, `_` and `-`, at most 63"
)]
pub struct NotAProvider(String);

/// The name of an identity provider: `[a-z0-9][a-z0-9_-]{0,62}`. The name is part of URLs and, before a dot, of the
/// names of the provider's groups. The name contains no dot, so two providers never make the same group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProviderName(Box<str>);

impl ProviderName {
    /// Parses the name of a provider.
    pub fn parse(text: &str) -> Result<Self, NotAProvider> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = text.bytes().next().is_some_and(is_plain)
            && text.len() <= 63
            && text.bytes().all(|b| is_plain(b) || matches!(b, b'_' | b'-'));
        if fits { Ok(Self(text.into())) } else { Err(NotAProvider(shorten(text))) }
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for ProviderName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ProviderName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The protocol of an identity provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum ProviderKind {
    /// OpenID Connect.
    Oidc,
}

impl ProviderKind {
    /// Returns the kind as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the `managed_by` of objects that a provider manages, such as `oidc:corp`.
    #[must_use]
    pub fn owner(self, name: &ProviderName) -> String {
        format!("{}:{name}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_providers_follow_their_grammar() {
        for name in ["corp", "0", "a_b-c"] {
            assert!(ProviderName::parse(name).is_ok(), "{name}");
        }
        for name in ["", "Corp", "a.b", "-a", "../a", "a b", "c\u{f6}rp", "a/b"] {
            assert!(ProviderName::parse(name).is_err(), "{name}");
        }
        assert!(ProviderName::parse(&"a".repeat(64)).is_err());
    }
}

//! A rule: who may, or may not, do what, where and when.
//!
//! A [`Rule`] is parsed from [`RuleFields`](super::fields::RuleFields) once and cannot fail
//! afterwards. There is one `matches_…` method for each condition; `evaluate` combines them.

use super::glob::NameGlob;
use super::name_asked::NameAsked;
use super::services::Services;
use crate::domain::resource::{Action, ActionSet, InvalidResource, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Borrow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use strum::{EnumString, IntoStaticStr};
use utoipa::ToSchema;

/// Not a name of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a rule name: start with a lower-case letter or digit, go on with those and `._-`, at most 128"
)]
pub struct InvalidRuleName(String);

/// A rule's identity: `[a-z0-9][a-z0-9._-]{0,127}`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleName(Arc<str>);

impl RuleName {
    /// Parses a name.
    pub fn parse(text: &str) -> Result<Self, InvalidRuleName> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = text.bytes().next().is_some_and(word)
            && text.len() <= 128
            && text.bytes().all(|b| word(b) || b"._-".contains(&b));
        if fits { Ok(Self(text.into())) } else { Err(InvalidRuleName(text.chars().take(80).collect())) }
    }

    /// The name that is most like a text, at most 100 bytes of it: for a rule that somebody is advised to make.
    #[must_use]
    pub fn like(text: &str) -> Self {
        let fitting = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name: String = text.chars().map(|c| fitting(c.to_ascii_lowercase())).take(100).collect();
        let name = name.trim_start_matches(['.', '_', '-']).trim_end_matches('-');
        Self::parse(name).unwrap_or_else(|_| Self("rule".into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for RuleName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RuleName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for RuleName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        RuleName::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What a rule does to the actions it lists.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    Hash,
    EnumString,
    IntoStaticStr,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Effect {
    /// Grants them.
    #[default]
    Allow,
    /// Takes them away from what the same tier allows.
    Deny,
}

/// A text that is not an effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an effect: write `allow` or `deny`")]
pub struct InvalidEffect(String);

impl Effect {
    /// Parses `allow` or `deny`.
    pub fn parse(text: &str) -> Result<Self, InvalidEffect> {
        text.parse().map_err(|_| InvalidEffect(text.chars().take(80).collect()))
    }

    /// `allow` or `deny`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Which resource types something is about: one, or `*` for any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePattern {
    /// `*`
    Any,
    /// Exactly this one.
    Exactly(ResourceType),
}

impl TypePattern {
    /// Parses a type or `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        if text == "*" { Ok(Self::Any) } else { ResourceType::parse(text).map(Self::Exactly) }
    }

    /// Whether `resource_type` fits.
    #[must_use]
    pub fn matches(&self, resource_type: &ResourceType) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => wanted == resource_type,
        }
    }

    /// Whether repositories fit.
    #[must_use]
    pub fn fits_repositories(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => wanted.is_repository(),
        }
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exactly(resource_type) => write!(f, "{resource_type}"),
        }
    }
}

/// One rule, parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its identity.
    pub name: RuleName,
    /// Whether it grants or takes away.
    pub effect: Effect,
    /// Whom it is about.
    pub subjects: Box<[Selector]>,
    /// For which registries.
    pub services: Services,
    /// For which types.
    pub resource_type: TypePattern,
    /// For which names.
    pub names: Box<[NameGlob]>,
    /// Which actions; a literal `*` means every one.
    pub actions: ActionSet,
    /// From where; empty means anywhere. v4-mapped networks are reduced to v4.
    pub networks: Box<[IpNet]>,
    /// First moment at which it holds.
    pub not_before: Option<Timestamp>,
    /// First moment at which it no longer holds.
    pub not_after: Option<Timestamp>,
    /// Its tier: higher decides first.
    pub priority: i32,
    /// Whether it counts at all.
    pub enabled: bool,
    /// For people.
    pub description: Box<str>,
}

impl Rule {
    /// Whether one of its selectors means `subject`.
    #[must_use]
    pub fn matches_subject(&self, subject: &Subject) -> bool {
        self.subjects.iter().any(|one| one.matches(subject))
    }

    /// Whether one of its globs fits `service`.
    #[must_use]
    pub fn matches_service(&self, service: &ServiceName) -> bool {
        self.services.iter().any(|glob| glob.matches(service))
    }

    /// Whether one of its globs fits `name`, asked by `subject`.
    #[must_use]
    pub fn matches_name(&self, name: &ResourceName, subject: &Subject) -> bool {
        self.matches_asked(&NameAsked::new(name, subject))
    }

    /// The same for one of many rules.
    pub(super) fn matches_asked(&self, asked: &NameAsked<'_>) -> bool {
        self.names.iter().any(|glob| glob.matches_asked(asked))
    }

    /// How many bytes of `name` one of its globs begins with, literally.
    #[must_use]
    pub fn common_beginning(&self, name: &ResourceName) -> usize {
        let common = |glob: &NameGlob| {
            let both = glob.beginning().bytes().zip(name.as_str().bytes());
            both.take_while(|(one, other)| one == other).count()
        };
        self.names.iter().map(common).max().unwrap_or_default()
    }

    /// Whether it may match `name` for somebody: of a glob with a placeholder only the beginning is compared.
    #[must_use]
    pub fn may_match_name(&self, name: &ResourceName) -> bool {
        let nobody = Subject::anonymous();
        self.names.iter().any(|glob| {
            if glob.has_placeholder() {
                name.as_str().starts_with(glob.beginning())
            } else {
                glob.matches(name, &nobody)
            }
        })
    }

    /// Whether this word stands among its actions.
    #[must_use]
    pub fn names_action(&self, word: &str) -> bool {
        Action::parse(word).is_ok_and(|action| self.actions.contains(&action))
    }

    /// Whether it lists `action`. `*` stands for every action; the literal `*` only for itself.
    #[must_use]
    pub fn lists(&self, action: &Action) -> bool {
        self.actions.contains(action) || self.actions.has_every()
    }

    /// Whether it holds at `at`: `not_before <= at < not_after`.
    #[must_use]
    pub fn matches_time(&self, at: Timestamp) -> bool {
        self.not_before.is_none_or(|begin| begin <= at) && self.not_after.is_none_or(|end| at < end)
    }

    /// Whether the client's address is in one of its networks. When the address is unknown, a deny
    /// matches and an allow does not: not knowing never widens.
    #[must_use]
    pub fn matches_network(&self, address: Option<IpAddr>) -> bool {
        if self.networks.is_empty() {
            return true;
        }
        match address {
            Some(address) => {
                let address = address.to_canonical();
                self.networks.iter().any(|net| net.contains(&address))
            }
            None => self.effect == Effect::Deny,
        }
    }
}

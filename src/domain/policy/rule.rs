//! A rule: its subjects, actions and resources, the addresses and times at which it applies, and its effect.
//!
//! A [`Rule`] is parsed from [`RuleFields`](super::fields::RuleFields) once and cannot fail afterwards. The methods
//! `matches_…`, [`TypePattern::matches`] and [`Rule::lists`] each test one field, and the module `evaluate`
//! combines them.

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

/// An error: the text is not the name of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a rule name: start with a lower-case letter or digit, go on with lower-case letters, digits and `._-`, at most 128"
)]
pub struct InvalidRuleName(String);

/// The name that identifies a rule: `[a-z0-9][a-z0-9._-]{0,127}`. A clone is cheap.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleName(Arc<str>);

impl RuleName {
    /// Parses the name of a rule.
    pub fn parse(text: &str) -> Result<Self, InvalidRuleName> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = text.bytes().next().is_some_and(word)
            && text.len() <= 128
            && text.bytes().all(|b| word(b) || b"._-".contains(&b));
        if fits { Ok(Self(text.into())) } else { Err(InvalidRuleName(text.chars().take(80).collect())) }
    }

    /// Makes a valid rule name of at most 100 bytes from any text. Advice to create a rule uses such names.
    #[must_use]
    pub fn like(text: &str) -> Self {
        let fitting = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        let name: String = text.chars().map(|c| fitting(c.to_ascii_lowercase())).take(100).collect();
        let name = name.trim_start_matches(['.', '_', '-']).trim_end_matches('-');
        Self::parse(name).unwrap_or_else(|_| Self("rule".into()))
    }

    /// Returns the name as text.
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

/// The effect of a rule on the actions that it lists.
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
    /// The rule allows the actions that it lists.
    #[default]
    Allow,
    /// The rule denies the actions that it lists, even if another rule of the same tier allows them.
    Deny,
}

/// An error: the text is not an effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an effect: write `allow` or `deny`")]
pub struct InvalidEffect(String);

impl Effect {
    /// Parses `allow` or `deny`.
    pub fn parse(text: &str) -> Result<Self, InvalidEffect> {
        text.parse().map_err(|_| InvalidEffect(text.chars().take(80).collect()))
    }

    /// Returns `allow` or `deny`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The resource types of a rule: one type, or `*` for all types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePattern {
    /// All types, written `*`.
    Any,
    /// Exactly one type.
    Exactly(ResourceType),
}

impl TypePattern {
    /// Parses a type or `*`.
    pub fn parse(text: &str) -> Result<Self, InvalidResource> {
        if text == "*" { Ok(Self::Any) } else { ResourceType::parse(text).map(Self::Exactly) }
    }

    /// Returns true if the pattern matches `resource_type`.
    #[must_use]
    pub fn matches(&self, resource_type: &ResourceType) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => wanted == resource_type,
        }
    }

    /// Returns true if the pattern matches repositories.
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

/// A rule after all checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The name that identifies the rule.
    pub name: RuleName,
    /// The effect of the rule: allow or deny.
    pub effect: Effect,
    /// The selectors of the rule.
    pub subjects: Box<[Selector]>,
    /// The service globs of the rule.
    pub services: Services,
    /// The resource type of the rule, or all types.
    pub resource_type: TypePattern,
    /// The name globs of the rule.
    pub names: Box<[NameGlob]>,
    /// The actions of the rule; a listed `*` covers every action.
    pub actions: ActionSet,
    /// The networks of clients; an empty list means all addresses. v4-mapped networks are stored as IPv4 networks.
    pub networks: Box<[IpNet]>,
    /// The time at which the rule begins to apply.
    pub not_before: Option<Timestamp>,
    /// The time from which the rule no longer applies.
    pub not_after: Option<Timestamp>,
    /// The priority of the rule. Of the matching rules, only those of the highest priority decide.
    pub priority: i32,
    /// True if the rule is enabled.
    pub enabled: bool,
    /// A text for people.
    pub description: Box<str>,
}

impl Rule {
    /// Returns true if one of the rule's selectors matches `subject`.
    #[must_use]
    pub fn matches_subject(&self, subject: &Subject) -> bool {
        self.subjects.iter().any(|one| one.matches(subject))
    }

    /// Returns true if one of the rule's service globs matches `service`.
    #[must_use]
    pub fn matches_service(&self, service: &ServiceName) -> bool {
        self.services.iter().any(|glob| glob.matches(service))
    }

    /// Returns true if one of the rule's name globs matches `name` for `subject`.
    #[must_use]
    pub fn matches_name(&self, name: &ResourceName, subject: &Subject) -> bool {
        self.matches_asked(&NameAsked::new(name, subject))
    }

    /// Returns true if one of the rule's name globs matches the prepared name `asked`.
    pub(super) fn matches_asked(&self, asked: &NameAsked<'_>) -> bool {
        self.names.iter().any(|glob| glob.matches_asked(asked))
    }

    /// Returns the greatest number of leading bytes that `name` shares with the literal beginning of a name glob.
    #[must_use]
    pub fn common_beginning(&self, name: &ResourceName) -> usize {
        let common = |glob: &NameGlob| {
            let both = glob.beginning().bytes().zip(name.as_str().bytes());
            both.take_while(|(one, other)| one == other).count()
        };
        self.names.iter().map(common).max().unwrap_or_default()
    }

    /// Returns true if the rule may match `name` for some subject. Compares only the beginning of a glob with a
    /// placeholder.
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

    /// Returns true if the rule lists this word as an action.
    #[must_use]
    pub fn names_action(&self, word: &str) -> bool {
        Action::parse(word).is_ok_and(|action| self.actions.contains(&action))
    }

    /// Returns true if the rule covers `action`. A listed `*` covers every action, and only a listed `*` covers a
    /// literal `*`.
    #[must_use]
    pub fn lists(&self, action: &Action) -> bool {
        self.actions.contains(action) || self.actions.has_every()
    }

    /// Returns true if the rule applies at `at`: `not_before <= at < not_after`.
    #[must_use]
    pub fn matches_time(&self, at: Timestamp) -> bool {
        self.not_before.is_none_or(|begin| begin <= at) && self.not_after.is_none_or(|end| at < end)
    }

    /// Returns true if the rule has no networks, or if the client's address is in one of them. If the address is
    /// unknown, a deny rule with networks matches and an allow rule with networks does not, so an unknown address
    /// never grants more.
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

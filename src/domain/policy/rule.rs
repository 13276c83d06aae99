//! Rules: the checked form, and the plain form in which they are written and stored.

use super::glob::{NameGlob, ServiceGlob};
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::{Action, ActionSet, InvalidResource, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::time::Timestamp;
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most entries of any list in a rule.
const MOST_ENTRIES: usize = 1000;
/// Longest description, bytes.
const LONGEST_DESCRIPTION: usize = 1024;

/// A rule's name: `[a-z0-9][a-z0-9._-]{0,127}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleName(String);

/// The text is no rule name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a rule name: use lower-case letters, digits and `._-`, at most 128, beginning with a letter or digit"
)]
pub struct InvalidRuleName(String);

impl RuleName {
    /// Parses a name.
    ///
    /// # Errors
    /// [`InvalidRuleName`].
    pub fn parse(text: &str) -> Result<Self, InvalidRuleName> {
        let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = text.bytes().next().is_some_and(word)
            && text.len() <= 128
            && text.bytes().all(|b| word(b) || b"._-".contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidRuleName(text.chars().take(80).collect())) }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a rule does with the actions it names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// Grants them.
    #[default]
    Allow,
    /// Takes them away, whatever other rules of its tier grant.
    Deny,
}

impl Effect {
    /// `allow` or `deny`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        }
    }
}

/// Which resource types a rule is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypePattern {
    /// `*`: any.
    Any,
    /// Exactly one.
    Is(ResourceType),
}

impl TypePattern {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidResource> {
        if text == "*" { Ok(Self::Any) } else { ResourceType::parse(text).map(Self::Is) }
    }

    pub(super) fn matches(&self, resource_type: &ResourceType) -> bool {
        match self {
            Self::Any => true,
            Self::Is(own) => own == resource_type,
        }
    }
}

impl fmt::Display for TypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Is(own) => own.fmt(f),
        }
    }
}

/// A rule, every field checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its identity.
    pub name: RuleName,
    /// Whether it grants or takes away.
    pub effect: Effect,
    /// Whom it is about. Empty only in a disabled rule whose subjects were deleted.
    pub subjects: Vec<Selector>,
    /// Which registries.
    pub services: Vec<ServiceGlob>,
    /// Which types of resources.
    pub resource_type: TypePattern,
    /// Which names.
    pub names: Vec<NameGlob>,
    /// Which actions; `*` is every action.
    pub actions: ActionSet,
    /// From where; empty is anywhere.
    pub networks: Vec<IpNet>,
    /// From when on.
    pub not_before: Option<Timestamp>,
    /// Until when, exclusive.
    pub not_after: Option<Timestamp>,
    /// Its tier: higher decides first.
    pub priority: i32,
    /// Whether it is looked at.
    pub enabled: bool,
    /// For people to read.
    pub description: String,
}

impl Rule {
    /// Whether the rule names this action, or every action.
    #[must_use]
    pub fn names_action(&self, action: &Action) -> bool {
        self.actions.contains(action) || self.names_every_action()
    }

    /// Whether the rule says `*`.
    #[must_use]
    pub fn names_every_action(&self) -> bool {
        self.actions.iter().any(Action::is_every)
    }
}

fn any_service() -> Vec<String> {
    vec!["*".to_owned()]
}

fn repository() -> String {
    "repository".to_owned()
}

fn enabled() -> bool {
    true
}

/// A rule as it is written in JSON and stored: plain texts, defaults for what is absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFields {
    /// See [`Rule`] for the fields.
    #[serde(default)]
    pub name: String,
    /// `allow` or `deny`.
    #[serde(default)]
    pub effect: Effect,
    /// Selectors.
    #[serde(default)]
    pub subjects: Vec<String>,
    /// Service globs.
    #[serde(default = "any_service")]
    pub services: Vec<String>,
    /// A type or `*`.
    #[serde(rename = "type", default = "repository")]
    pub resource_type: String,
    /// Name globs.
    #[serde(default)]
    pub names: Vec<String>,
    /// Actions.
    #[serde(default)]
    pub actions: Vec<String>,
    /// CIDRs.
    #[serde(default)]
    pub networks: Vec<String>,
    /// RFC 3339.
    #[serde(default)]
    pub not_before: Option<String>,
    /// RFC 3339.
    #[serde(default)]
    pub not_after: Option<String>,
    /// The tier.
    #[serde(default)]
    pub priority: i32,
    /// Whether it is looked at.
    #[serde(default = "enabled")]
    pub enabled: bool,
    /// For people to read.
    #[serde(default)]
    pub description: String,
}

impl TryFrom<RuleFields> for Rule {
    type Error = FieldErrors;

    fn try_from(fields: RuleFields) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.keep("name", RuleName::parse(&fields.name));
        let may_be_empty = !fields.enabled;
        let subjects = parse_list(&mut errors, "subjects", &fields.subjects, may_be_empty, Selector::parse);
        let services = parse_list(&mut errors, "services", &fields.services, false, ServiceGlob::parse);
        let resource_type = errors.keep("type", TypePattern::parse(&fields.resource_type));
        let names = parse_list(&mut errors, "names", &fields.names, false, NameGlob::parse);
        let actions = parse_list(&mut errors, "actions", &fields.actions, false, Action::parse);
        let networks = parse_list(&mut errors, "networks", &fields.networks, true, parse_network);
        let mut time = |field: &str, text: &Option<String>| {
            text.as_deref().and_then(|text| errors.keep(field, Timestamp::parse(text)))
        };
        let not_before = time("not_before", &fields.not_before);
        let not_after = time("not_after", &fields.not_after);
        if let (Some(from), Some(to)) = (not_before, not_after)
            && from >= to
        {
            errors.push("not_after", "must be later than not_before");
        }
        if fields.description.len() > LONGEST_DESCRIPTION || fields.description.chars().any(char::is_control)
        {
            errors.push("description", "must be at most 1,024 bytes without control characters");
        }
        let (Some(name), Some(resource_type), true) = (name, resource_type, errors.0.is_empty()) else {
            return Err(errors);
        };
        Ok(Rule {
            name,
            effect: fields.effect,
            subjects,
            services,
            resource_type,
            names,
            actions: actions.into_iter().collect(),
            networks,
            not_before,
            not_after,
            priority: fields.priority,
            enabled: fields.enabled,
            description: fields.description,
        })
    }
}

fn parse_list<T, E: fmt::Display>(
    errors: &mut FieldErrors,
    field: &str,
    list: &[String],
    may_be_empty: bool,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    if list.is_empty() && !may_be_empty {
        errors.push(field, "is required and must not be empty");
    }
    if list.len() > MOST_ENTRIES {
        errors.push(field, format_args!("at most {MOST_ENTRIES} entries"));
        return Vec::new();
    }
    list.iter()
        .enumerate()
        .filter_map(|(i, text)| errors.keep(format!("{field}[{i}]"), parse(text)))
        .collect()
}

/// Parses a CIDR without host bits; v4-mapped ones are reduced to v4.
fn parse_network(text: &str) -> Result<IpNet, String> {
    let network: IpNet = text.parse().map_err(|_| {
        let hint: String = text.chars().take(64).collect();
        format!("`{hint}` is not a network: write ADDRESS/BITS, for example 10.0.0.0/8 or 10.1.2.3/32")
    })?;
    if network.trunc() != network {
        return Err(format!("`{network}` has host bits set: write `{}`", network.trunc()));
    }
    Ok(reduce(network))
}

fn reduce(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let mapped = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    mapped.and_then(|(address, bits)| Ipv4Net::new(address, bits).ok()).map_or(network, IpNet::V4)
}

impl From<&Rule> for RuleFields {
    fn from(rule: &Rule) -> Self {
        fn texts<T: fmt::Display>(list: impl IntoIterator<Item = T>) -> Vec<String> {
            list.into_iter().map(|item| item.to_string()).collect()
        }
        Self {
            name: rule.name.to_string(),
            effect: rule.effect,
            subjects: texts(&rule.subjects),
            services: texts(&rule.services),
            resource_type: rule.resource_type.to_string(),
            names: texts(&rule.names),
            actions: texts(&rule.actions),
            networks: texts(&rule.networks),
            not_before: rule.not_before.map(|time| time.to_string()),
            not_after: rule.not_after.map(|time| time.to_string()),
            priority: rule.priority,
            enabled: rule.enabled,
            description: rule.description.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(json: &str) -> Result<Rule, FieldErrors> {
        Rule::try_from(serde_json::from_str::<RuleFields>(json).unwrap())
    }

    #[test]
    fn absent_fields_take_their_defaults() {
        let rule =
            fields(r#"{"name":"r","subjects":["everyone"],"names":["**"],"actions":["pull"]}"#).unwrap();
        assert_eq!(rule.effect, Effect::Allow);
        assert_eq!(rule.services, [ServiceGlob::parse("*").unwrap()]);
        assert_eq!(rule.resource_type.to_string(), "repository");
        assert_eq!((rule.priority, rule.enabled), (0, true));
        assert_eq!(Rule::try_from(RuleFields::from(&rule)), Ok(rule));
    }

    #[test]
    fn every_error_is_named_at_once() {
        let errors = fields(
            r#"{"name":"R","subjects":["nobody:x"],"services":[],"type":"Repo","names":["a","b//c"],
                "actions":["PULL"],"networks":["10.0.0.1/8","x"],"not_before":"soon",
                "description":"a\u0000b"}"#,
        )
        .unwrap_err();
        let named: Vec<&str> = errors.0.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(
            named,
            [
                "name",
                "subjects[0]",
                "services",
                "type",
                "names[1]",
                "actions[0]",
                "networks[0]",
                "networks[1]",
                "not_before",
                "description"
            ]
        );
    }

    #[test]
    fn mapped_networks_are_reduced() {
        for (text, reduced) in [
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:1.2.3.4/128", "1.2.3.4/32"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(parse_network(text).unwrap().to_string(), reduced);
        }
    }

    #[test]
    fn only_a_disabled_rule_may_be_without_subjects() {
        let rule = |enabled| {
            fields(&format!(
                r#"{{"name":"r","subjects":[],"names":["**"],"actions":["*"],"enabled":{enabled}}}"#
            ))
        };
        assert!(rule(false).is_ok());
        assert_eq!(rule(true).unwrap_err().0[0].field, "subjects");
    }
}

//! A rule in its JSON form, and the conversion to a [`Rule`] and back.
//!
//! The conversion finds all errors of a rule at once, each under the name of its field. It does not check the
//! entries of a list that is too long. What must not go in: advice about rules that are valid but useless.

use super::glob::NameGlob;
use super::rule::{Effect, Rule, RuleName, TypePattern};
use super::services::ServiceGlob;
use crate::domain::invalid::FieldErrors;
use crate::domain::resource::Action;
use crate::domain::schema::{description, networks};
use crate::domain::selector::Selector;
use crate::domain::time::Timestamp;
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::IpAddr;
use utoipa::ToSchema;

/// The greatest number of entries in a list of a rule.
pub const MAX_ENTRIES: usize = 1000;

/// The longest description of a rule, bytes.
const MAX_DESCRIPTION: usize = 1024;

/// A rule in plain strings. An absent field gets its default value.
///
/// The default of `name`, `subjects`, `names` and `actions` is empty. A rule is refused if one of these fields
/// or `services` is empty, except that a disabled rule may have no subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = RulePut, example = json!({
    "subjects": ["group:web"], "names": ["web/**"], "actions": ["pull", "push"],
}))]
pub struct RuleFields {
    /// The name of the rule.
    #[schema(value_type = RuleName)]
    pub name: String,
    /// The effect of the rule: `allow` or `deny`.
    #[schema(default = "allow")]
    pub effect: Effect,
    /// The subjects that the rule is about; empty only in a disabled rule.
    #[schema(value_type = Vec<Selector>, max_items = 1000, required = true)]
    pub subjects: Vec<String>,
    /// The service globs of the rule.
    #[schema(value_type = Vec<ServiceGlob>, min_items = 1, max_items = 1000, default = json!(["*"]))]
    pub services: Vec<String>,
    /// The resource type of the rule, or `*` for all types.
    #[serde(rename = "type")]
    #[schema(value_type = TypePattern, default = "repository")]
    pub resource_type: String,
    /// The name globs of the rule.
    #[schema(value_type = Vec<NameGlob>, min_items = 1, max_items = 1000, required = true)]
    pub names: Vec<String>,
    /// The actions of the rule, or `*` for every action.
    #[schema(value_type = Vec<Action>, min_items = 1, max_items = 1000, required = true)]
    pub actions: Vec<String>,
    /// The networks of the clients that the rule matches; empty for all addresses.
    #[schema(schema_with = networks)]
    pub networks: Vec<String>,
    /// The time from which the rule applies.
    #[schema(value_type = Option<Timestamp>)]
    pub not_before: Option<String>,
    /// The time from which the rule no longer applies.
    #[schema(value_type = Option<Timestamp>)]
    pub not_after: Option<String>,
    /// The priority of the rule. Of the matching rules, only those of the highest priority decide.
    #[schema(default = 0)]
    pub priority: i32,
    /// True if the rule is enabled. A disabled rule has no effect.
    #[schema(default = true)]
    pub enabled: bool,
    /// A text for people.
    #[schema(schema_with = description)]
    pub description: String,
}

impl Default for RuleFields {
    fn default() -> Self {
        Self {
            name: String::new(),
            effect: Effect::Allow,
            subjects: Vec::new(),
            services: vec!["*".to_owned()],
            resource_type: "repository".to_owned(),
            names: Vec::new(),
            actions: Vec::new(),
            networks: Vec::new(),
            not_before: None,
            not_after: None,
            priority: 0,
            enabled: true,
            description: String::new(),
        }
    }
}

/// The reason why a network was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum InvalidNetwork {
    #[error("`{0}` is not a network: write ADDRESS/LENGTH, for example `10.0.0.0/8`")]
    Syntax(String),
    #[error("`{0}` has host bits set: write `{1}`")]
    HostBits(String, IpNet),
}

/// Parses a network in CIDR notation, without host bits. A v4-mapped IPv6 network becomes an IPv4 network.
fn parse_network(text: &str) -> Result<IpNet, InvalidNetwork> {
    let shown = || text.chars().take(80).collect::<String>();
    let net: IpNet = text.parse().map_err(|_| InvalidNetwork::Syntax(shown()))?;
    if net.trunc() != net {
        return Err(InvalidNetwork::HostBits(shown(), net.trunc()));
    }
    let reduced = match (net.addr().to_canonical(), net.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if net.addr().is_ipv6() => {
            Ipv4Net::new(address, length).ok().map(IpNet::V4)
        }
        _ => None,
    };
    Ok(reduced.unwrap_or(net))
}

fn parse_list<T, E: fmt::Display>(
    errors: &mut FieldErrors,
    field: &str,
    texts: &[String],
    parse: impl Fn(&str) -> Result<T, E>,
) -> Vec<T> {
    if texts.len() > MAX_ENTRIES {
        let count = texts.len();
        errors.push(field, format!("{count} entries: at most {MAX_ENTRIES}"));
        return Vec::new();
    }
    let entries = texts.iter().enumerate();
    entries.filter_map(|(at, text)| errors.keep(format!("{field}[{at}]"), parse(text))).collect()
}

impl TryFrom<RuleFields> for Rule {
    type Error = FieldErrors;

    fn try_from(fields: RuleFields) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = if fields.name.is_empty() {
            errors.push("name", "required, not empty");
            None
        } else {
            errors.keep("name", RuleName::parse(&fields.name))
        };
        for (field, list) in [
            ("subjects", &fields.subjects),
            ("services", &fields.services),
            ("names", &fields.names),
            ("actions", &fields.actions),
        ] {
            // A disabled rule may have no subjects, because its subjects may have been deleted.
            let may_be_empty = field == "subjects" && !fields.enabled;
            if list.is_empty() && !may_be_empty {
                errors.push(field, "required, not empty");
            }
        }
        let subjects = parse_list(&mut errors, "subjects", &fields.subjects, Selector::parse);
        let services = parse_list(&mut errors, "services", &fields.services, ServiceGlob::parse);
        let resource_type = errors.keep("type", TypePattern::parse(&fields.resource_type));
        let names = parse_list(&mut errors, "names", &fields.names, NameGlob::parse);
        let actions = parse_list(&mut errors, "actions", &fields.actions, Action::parse);
        let networks = parse_list(&mut errors, "networks", &fields.networks, parse_network);
        let mut time = |field, text: &Option<String>| {
            let text = text.as_deref()?;
            errors.keep(field, Timestamp::parse(text))
        };
        let not_before = time("not_before", &fields.not_before);
        let not_after = time("not_after", &fields.not_after);
        if fields.description.len() > MAX_DESCRIPTION || fields.description.chars().any(char::is_control) {
            errors.push("description", "must be at most 1,024 bytes without control characters");
        }
        match (name, resource_type) {
            (Some(name), Some(resource_type)) if errors.0.is_empty() => Ok(Self {
                name,
                effect: fields.effect,
                subjects: subjects.into(),
                services: services.into(),
                resource_type,
                names: names.into(),
                actions: actions.into_iter().collect(),
                networks: networks.into(),
                not_before,
                not_after,
                priority: fields.priority,
                enabled: fields.enabled,
                description: fields.description.into(),
            }),
            _ => Err(errors),
        }
    }
}

fn written<T: fmt::Display>(list: impl IntoIterator<Item = T>) -> Vec<String> {
    list.into_iter().map(|entry| entry.to_string()).collect()
}

impl From<&Rule> for RuleFields {
    fn from(rule: &Rule) -> Self {
        Self {
            name: rule.name.to_string(),
            effect: rule.effect,
            subjects: written(&*rule.subjects),
            services: written(&*rule.services),
            resource_type: rule.resource_type.to_string(),
            names: written(&*rule.names),
            actions: written(&rule.actions),
            networks: written(&*rule.networks),
            not_before: rule.not_before.map(|time| time.to_string()),
            not_after: rule.not_after.map(|time| time.to_string()),
            priority: rule.priority,
            enabled: rule.enabled,
            description: rule.description.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(value: serde_json::Value) -> Result<Rule, String> {
        let fields: RuleFields = serde_json::from_value(value).map_err(|e| e.to_string())?;
        Rule::try_from(fields).map_err(|e| e.to_string())
    }

    #[test]
    fn absent_fields_have_their_defaults() {
        let rule = parse(json!({
            "name": "web", "subjects": ["group:web"], "names": ["web/**"], "actions": ["pull"],
        }))
        .unwrap();
        assert_eq!(
            serde_json::to_value(RuleFields::from(&rule)).unwrap(),
            json!({
                "name": "web", "effect": "allow", "subjects": ["group:web"], "services": ["*"],
                "type": "repository", "names": ["web/**"], "actions": ["pull"], "networks": [],
                "not_before": null, "not_after": null, "priority": 0, "enabled": true,
                "description": "",
            })
        );
    }

    #[test]
    fn a_rule_survives_being_written_and_read() {
        let rule = parse(json!({
            "name": "a.b-c_1", "effect": "deny", "subjects": ["user:Bob", "robot:ci", "everyone"],
            "services": ["*.example.org", "r?g"], "type": "*", "names": ["a/**/${group}", "x*"],
            "actions": ["push", "*", "pull"], "networks": ["10.0.0.0/8", "2001:db8::/32"],
            "not_before": "2026-01-01T00:00:00Z", "not_after": "2027-01-01T01:00:00+01:00",
            "priority": -5, "enabled": false, "description": "why",
        }))
        .unwrap();
        assert_eq!(Rule::try_from(RuleFields::from(&rule)), Ok(rule));
    }

    #[test]
    fn all_errors_are_found_at_once_each_under_its_field() {
        let fields: RuleFields = serde_json::from_value(json!({
            "name": "-x", "subjects": ["everyone", "bob"], "services": [], "type": "Repo",
            "names": ["ok", "a//b"], "actions": ["PULL"], "networks": ["10.0.0.1/8", "here"],
            "not_before": "now",
        }))
        .unwrap();
        let errors = Rule::try_from(fields).unwrap_err();
        let fields: Vec<&str> = errors.0.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "name",
                "services",
                "subjects[1]",
                "type",
                "names[1]",
                "actions[0]",
                "networks[0]",
                "networks[1]",
                "not_before"
            ]
        );
        let text = errors.to_string();
        assert!(text.contains("names[1]: byte 2: an empty segment"), "{text}");
        assert!(text.contains("`10.0.0.1/8` has host bits set: write `10.0.0.0/8`"));

        let empty = Rule::try_from(RuleFields::default()).unwrap_err().to_string();
        assert_eq!(
            empty,
            "name: required, not empty; subjects: required, not empty; \
             names: required, not empty; actions: required, not empty"
        );
        let unknown = parse(json!({"name": "a", "verbs": ["pull"]})).unwrap_err();
        assert!(unknown.contains("unknown field `verbs`"), "{unknown}");
    }

    #[test]
    fn lists_are_bounded() {
        let many = vec!["a".to_owned(); 1001];
        let fields = RuleFields {
            name: "a".to_owned(),
            subjects: vec!["everyone".to_owned()],
            actions: vec!["pull".to_owned()],
            names: many,
            ..RuleFields::default()
        };
        let errors = Rule::try_from(fields).unwrap_err();
        assert_eq!(errors.to_string(), "names: 1001 entries: at most 1000");
    }

    #[test]
    fn mapped_networks_are_reduced_to_v4() {
        for (text, expected) in [
            ("10.0.0.0/8", "10.0.0.0/8"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:0.0.0.0/96", "0.0.0.0/0"),
            ("::ffff:10.1.2.3/128", "10.1.2.3/32"),
            ("::/0", "::/0"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(parse_network(text).unwrap().to_string(), expected);
        }
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.1/24", "::1/64", "::ffff:10.0.0.1/104", ""] {
            assert!(parse_network(text).is_err(), "{text}");
        }
    }
}

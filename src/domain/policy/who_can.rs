//! Who may do something: the selectors that rules let, and the exact word for one subject.
//!
//! A selector is tried by example, so that denies and tiers count as they do for a request.

use super::index::Policy;
use super::rule::{Effect, Rule, RuleName};
use super::witness::{self, Case, Piece, Placeholder};
use crate::domain::policy::NameGlob;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use utoipa::ToSchema;

/// How many ways to fill the placeholders of one glob are tried.
const MOST_WAYS: usize = 256;

/// What somebody may, or not.
#[derive(Debug, Clone, Copy)]
pub struct Reach<'a> {
    /// The registry.
    pub service: &'a ServiceName,
    /// The resource's type.
    pub scope_type: &'a ResourceType,
    /// The resource's name.
    pub name: &'a ResourceName,
    /// The action.
    pub action: &'a Action,
    /// The client's address. Without one, networks are told as a condition.
    pub address: Option<IpAddr>,
    /// When.
    pub at: Timestamp,
}

/// Those who may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Holder {
    /// Whom the rule names.
    pub selector: Selector,
    /// The rule that lets them.
    pub rule: RuleName,
    /// What must be true besides; `null` when nothing.
    pub condition: Option<String>,
}

impl Policy {
    /// The selectors that may, sorted, each with the first rule that lets it. One that only some of
    /// its subjects may is listed with its condition, once for each rule.
    #[must_use]
    pub fn who_can(&self, reach: &Reach<'_>) -> Vec<Holder> {
        let mut found: BTreeMap<(String, Option<String>), Holder> = BTreeMap::new();
        let lists = |rule: &&Rule| rule.enabled && rule.effect == Effect::Allow && rule.lists(reach.action);
        for rule in self.rules().filter(lists) {
            for selector in &rule.subjects {
                if let Some(condition) = self.lets(rule, selector, reach) {
                    let key = (selector.to_string(), condition.clone());
                    let holder = Holder { selector: selector.clone(), rule: rule.name.clone(), condition };
                    found.entry(key).or_insert(holder);
                }
            }
        }
        // Whoever may without a condition needs none.
        let free: Vec<String> =
            found.keys().filter(|(_, condition)| condition.is_none()).map(|(text, _)| text.clone()).collect();
        found.retain(|(text, condition), _| condition.is_none() || !free.contains(text));
        found.into_values().collect()
    }

    /// The first rule, by name, that grants it to this very subject.
    #[must_use]
    pub fn decides_for(&self, subject: &Subject, reach: &Reach<'_>) -> Option<RuleName> {
        let case = Case {
            service: reach.service,
            resource_type: reach.scope_type,
            name: reach.name,
            action: reach.action,
            address: reach.address,
            at: reach.at,
        };
        if case.is_granted(self, subject) { case.decider(self, subject) } else { None }
    }

    /// Whether `rule` lets subjects that `selector` means: `None` if not, else the condition.
    fn lets(&self, rule: &Rule, selector: &Selector, reach: &Reach<'_>) -> Option<Option<String>> {
        let case = Case {
            service: reach.service,
            resource_type: reach.scope_type,
            name: reach.name,
            action: reach.action,
            address: reach.address.or_else(|| (!rule.networks.is_empty()).then(|| witness::address(rule))),
            at: reach.at,
        };
        let decides =
            |subject: &Subject| case.passes_but_subject(rule, subject) && case.is_granted(self, subject);
        let plain = witness::subject(selector);
        let mut conditions = Vec::new();
        if !decides(&plain) {
            let chosen = rule
                .names
                .iter()
                .filter(|glob| glob.has_placeholder())
                .flat_map(|glob| ways(glob, reach.name))
                .find(|chosen| witness::with_values(selector, chosen).is_some_and(|one| decides(&one)))?;
            conditions.extend(chosen.iter().map(|(placeholder, value)| in_words(placeholder, value)));
        }
        if reach.address.is_none() && !rule.networks.is_empty() {
            let networks: Vec<String> = rule.networks.iter().map(ToString::to_string).collect();
            conditions.push(format!("from {}", networks.join(", ")));
        }
        let others = self.rules().filter(|other| {
            other.priority >= rule.priority
                && witness::denies(other, reach.action)
                && case.passes_but_subject(other, &plain)
                && !other.matches_subject(&plain)
        });
        conditions.extend(others.take(1).map(|other| format!("except whom rule `{}` denies", other.name)));
        Some((!conditions.is_empty()).then(|| conditions.join(", ")))
    }
}

fn in_words(placeholder: &Placeholder, value: &str) -> String {
    match placeholder {
        Placeholder::Subject => format!("when its name is `{value}`"),
        Placeholder::Group => format!("when `{value}` is one of its groups"),
        Placeholder::Label(key) => format!("when its label `{key}` has `{value}`"),
    }
}

/// Values for the placeholders of a glob that may make it match `name`: what stands between the
/// literal neighbours of each placeholder, in any part of the name.
fn ways(glob: &NameGlob, name: &ResourceName) -> Vec<BTreeMap<Placeholder, String>> {
    let pieces = witness::pieces(glob);
    let literal = |at: Option<usize>| match at.and_then(|at| pieces.get(at)) {
        Some(Piece::Literal(text)) => text.as_str(),
        _ => "",
    };
    let mut choices: BTreeMap<Placeholder, Vec<String>> = BTreeMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Piece::Placeholder(placeholder) = piece else {
            continue;
        };
        let before = literal(at.checked_sub(1)).rsplit('/').next().unwrap_or_default();
        let after = literal(Some(at + 1)).split('/').next().unwrap_or_default();
        let parts = match placeholder {
            // The value of a label may go over several segments.
            Placeholder::Label(_) => runs(name.as_str()),
            _ => name.as_str().split('/').map(str::to_owned).collect(),
        };
        let values = parts.iter().filter_map(|part| part.strip_prefix(before)?.strip_suffix(after));
        let values: Vec<String> = values.filter(|value| !value.is_empty()).map(str::to_owned).collect();
        choices
            .entry(placeholder.clone())
            .and_modify(|known| known.retain(|value| values.contains(value)))
            .or_insert(values);
    }
    witness::assignments(&choices, MOST_WAYS)
}

/// Every run of whole segments.
fn runs(name: &str) -> Vec<String> {
    let segments: Vec<&str> = name.split('/').collect();
    let mut runs = Vec::new();
    for start in 0..segments.len() {
        for end in start + 1..=segments.len() {
            if runs.len() < MOST_WAYS {
                runs.extend(segments.get(start..end).map(|run| run.join("/")));
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;
    use crate::domain::scope::ResourceScope;

    fn holders(rules: &[(&str, &str)], asked: &str, address: Option<&str>) -> Vec<String> {
        let policy = Policy::from_rules(rules.iter().map(|(name, json)| rule(name, json)));
        let scope = ResourceScope::parse(asked).unwrap();
        let service = ServiceName::parse("registry").unwrap();
        let action = scope.actions.iter().next().unwrap().clone();
        let reach = Reach {
            service: &service,
            scope_type: &scope.resource_type,
            name: &scope.name,
            action: &action,
            address: address.map(|text| text.parse().unwrap()),
            at: Timestamp::from_seconds(1000),
        };
        let told = policy.who_can(&reach).into_iter().map(|holder| {
            let condition = holder.condition.map(|text| format!(" {text}")).unwrap_or_default();
            format!("{} by {}{condition}", holder.selector, holder.rule)
        });
        told.collect()
    }

    #[test]
    fn denies_and_tiers_count_as_they_do_for_a_request() {
        let rules = [
            ("a", r#"{"subjects": ["group:ops", "user:bob", "robot:ci"], "actions": ["push"]}"#),
            ("b", r#"{"subjects": ["group:ops"], "actions": ["*"]}"#),
            ("no-bob", r#"{"effect": "deny", "subjects": ["user:bob"], "actions": ["push"]}"#),
            ("tier", r#"{"subjects": ["robot:ci"], "actions": ["pull"], "priority": 1}"#),
            ("off", r#"{"subjects": ["user:eve"], "actions": ["push"], "enabled": false}"#),
        ];
        assert_eq!(
            holders(&rules, "repository:prod/api:push", None),
            ["group:ops by a except whom rule `no-bob` denies"]
        );
        assert_eq!(holders(&rules, "repository:prod/api:delete", None), ["group:ops by b"]);
        assert_eq!(holders(&rules, "repository:prod/api:pull", None), ["group:ops by b", "robot:ci by tier"]);
    }

    #[test]
    fn a_placeholder_is_told_as_a_condition() {
        for (glob, selector, name, told) in [
            ("${subject}/**", "authenticated", "prod/api", Some(" when its name is `prod`")),
            ("${subject}/**", "user:prod", "prod/api", Some("")),
            ("${subject}/**", "user:bob", "prod/api", None),
            ("${group}/**", "everyone", "prod/api", Some(" when `prod` is one of its groups")),
            ("${group}/**", "group:prod", "prod/api", Some("")),
            ("${group}/**", "anonymous", "prod/api", None),
            ("team-${group}/*", "authenticated", "team-web/api", Some(" when `web` is one of its groups")),
            ("t/${label:path}", "authenticated", "t/a/b", Some(" when its label `path` has `a/b`")),
            (
                "${group}/${subject}",
                "authenticated",
                "web/alice",
                Some(" when its name is `alice`, when `web` is one of its groups"),
            ),
        ] {
            let json = format!(r#"{{"subjects": ["{selector}"], "names": ["{glob}"]}}"#);
            let expected: Vec<String> =
                told.map(|told| format!("{selector} by r{told}")).into_iter().collect();
            assert_eq!(
                holders(&[("r", &json)], &format!("repository:{name}:pull"), None),
                expected,
                "{glob} {selector}"
            );
        }
    }

    #[test]
    fn networks_are_a_condition_until_the_address_is_known() {
        let rules = [("office", r#"{"networks": ["10.0.0.0/8", "192.168.0.0/16"]}"#)];
        let ask = "repository:a:pull";
        assert_eq!(holders(&rules, ask, None), ["everyone by office from 10.0.0.0/8, 192.168.0.0/16"]);
        assert_eq!(holders(&rules, ask, Some("10.1.2.3")), ["everyone by office"]);
        assert_eq!(holders(&rules, ask, Some("203.0.113.1")), [] as [&str; 0]);
    }
}

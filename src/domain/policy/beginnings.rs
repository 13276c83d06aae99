//! Finds the beginnings of the names that a subject may pull. A caller then reads only these parts of a long
//! list of names.
//!
//! INVARIANT: if `evaluate` grants `pull` on a repository's name, the name begins with one of the returned
//! beginnings. A name without that right may also begin with one of them.

use super::evaluate::Question;
use super::glob::{NameGlob, Placeholder};
use super::index::Policy;
use super::rule::{Effect, Rule};
use crate::domain::resource::Action;
use crate::domain::subject::{GroupName, Subject};

/// The greatest number of rules whose beginnings are computed. With more rules, the rules count as if they allowed
/// every name.
const MOST_RULES: usize = 5000;

impl Policy {
    /// Returns the beginnings of the names that a subject may pull, sorted. No beginning starts with another
    /// beginning of the list. A single empty text means that every name is possible. An empty list means that no
    /// name is possible.
    #[must_use]
    pub fn beginnings(&self, q: &Question<'_>) -> Vec<String> {
        let own = self.beginnings_of_rules(q);
        match q.restriction {
            Some(restriction) if own.iter().any(String::is_empty) => {
                smallest(restriction.names().flat_map(|glob| of_glob(glob, q.subject)))
            }
            _ => own,
        }
    }

    fn beginnings_of_rules(&self, q: &Question<'_>) -> Vec<String> {
        let subject = q.subject;
        let Ok(pull) = Action::parse("pull") else { return vec![String::new()] };
        let sets = || self.buckets(subject).map(super::bucket::Bucket::all);
        if sets().map(super::rule_set::RuleSet::len).sum::<usize>() > MOST_RULES {
            return vec![String::new()];
        }
        let counts = |rule: &&Rule| {
            rule.effect == Effect::Allow
                && rule.resource_type.fits_repositories()
                && rule.lists(&pull)
                && rule.matches_time(q.at)
                && rule.matches_service(q.service)
                && rule.matches_network(q.address)
        };
        let rules = sets().flat_map(super::rule_set::RuleSet::iter).map(|ranked| &**ranked).filter(counts);
        smallest(rules.flat_map(|rule| rule.names.iter()).flat_map(|glob| of_glob(glob, subject)))
    }
}

/// Returns texts for a glob. Every name that the glob matches for `subject` begins with one of these texts.
fn of_glob(glob: &NameGlob, subject: &Subject) -> Vec<String> {
    let literal = glob.beginning();
    let rest = glob.as_str().get(literal.len()..).unwrap_or_default();
    let inner = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')).map(|(inner, _)| inner);
    match inner.and_then(Placeholder::parse) {
        None => vec![literal.to_owned()],
        Some(placeholder) => {
            values(&placeholder, subject).into_iter().map(|value| format!("{literal}{value}")).collect()
        }
    }
}

/// Returns the values of a placeholder for a subject.
fn values<'a>(placeholder: &Placeholder, subject: &'a Subject) -> Vec<&'a str> {
    match placeholder {
        Placeholder::Subject => subject.identity.iter().map(|own| own.name.as_str()).collect(),
        Placeholder::Group => subject.groups.iter().map(GroupName::as_str).collect(),
        Placeholder::Label(key) => {
            subject.labels.values(key).into_iter().flatten().map(String::as_str).collect()
        }
    }
}

/// Sorts texts and removes every text that begins with another text of the list.
fn smallest(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut sorted: Vec<String> = texts.collect();
    sorted.sort_unstable();
    sorted.dedup_by(|later, kept| later.starts_with(kept.as_str()));
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::Restriction;
    use crate::domain::policy::testing::rule;
    use crate::domain::service::ServiceName;
    use crate::domain::subject::SubjectRef;
    use crate::domain::time::Timestamp;

    fn of(rules: &[&str], restriction: Option<&[&str]>) -> String {
        let rules = rules.iter().enumerate().map(|(n, json)| rule(&format!("r{n}"), json));
        let policy = Policy::from_rules(rules);
        let subject = Subject {
            identity: Some(SubjectRef::parse("user:alice").unwrap()),
            groups: ["web", "ops"].iter().map(|name| GroupName::parse(name).unwrap()).collect(),
            ..Subject::default()
        };
        let service = ServiceName::parse("registry").unwrap();
        let restriction = restriction.map(|texts| {
            Restriction::parse(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()).unwrap()
        });
        let question = Question {
            subject: &subject,
            service: &service,
            scopes: &[],
            address: Some("192.0.2.1".parse().unwrap()),
            at: Timestamp::from_seconds(1000),
            restriction: restriction.as_ref(),
        };
        policy.beginnings(&question).join(" ")
    }

    #[test]
    fn names_begin_as_the_globs_of_ones_rules_do() {
        let rules = [
            r#"{"subjects": ["user:alice"], "names": ["team/**", "team/app", "a*b/c"], "actions": ["pull"]}"#,
            r#"{"subjects": ["everyone"], "names": ["${subject}/**", "x/${group}-*", "y/${label:none}"], "actions": ["*"]}"#,
            r#"{"subjects": ["user:bob"], "names": ["**"], "actions": ["pull"]}"#,
            r#"{"subjects": ["user:alice"], "names": ["pushed/**"], "actions": ["push"]}"#,
            r#"{"subjects": ["user:alice"], "names": ["denied/**"], "actions": ["pull"], "effect": "deny"}"#,
            r#"{"subjects": ["user:alice"], "names": ["else/**"], "actions": ["pull"], "services": ["other"]}"#,
            r#"{"subjects": ["user:alice"], "names": ["here/**"], "actions": ["pull"], "networks": ["192.0.2.0/24"]}"#,
            r#"{"subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "networks": ["198.51.100.0/24"]}"#,
            r#"{"subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "not_after": "1970-01-01T00:16:40Z"}"#,
            r#"{"subjects": ["everyone"], "names": ["**"], "actions": ["pull"], "not_before": "1970-01-01T00:16:41Z"}"#,
            r#"{"subjects": ["everyone"], "names": ["now/**"], "actions": ["pull"], "not_before": "1970-01-01T00:16:40Z"}"#,
        ];
        assert_eq!(of(&rules, None), "a here/ now/ team/ x/ops x/web");
        assert_eq!(of(&rules, Some(&["repository:other/**:pull"])), "a here/ now/ team/ x/ops x/web");
        let all = [r#"{"subjects": ["authenticated"], "names": ["**"], "actions": ["pull"]}"#];
        assert_eq!(of(&all, Some(&["repository:team/**:pull", "repository:b:pull"])), "b team/");
        assert_eq!(of(&[], None), "");
    }
}

//! Which decisions change between two policies, for a plan that a person reads.
//!
//! Each changed rule is asked about by example: for whom it names, on the names it is about, for
//! each of its actions. What must not go in: a claim that these are all subjects and names touched.

use super::index::Policy;
use super::rule::{Rule, RuleName};
use super::witness::{self, Case};
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// How many rules are looked at in all: an example costs as many as may match it.
const MOST_LOOKS: usize = 1_000_000;

/// A user or robot that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectChange {
    /// As rules saw it; `None` when it did not exist or was disabled.
    pub before: Option<Subject>,
    /// As rules see it; `None` when it does not exist or is disabled.
    pub after: Option<Subject>,
}

/// A decision that is no longer the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct DecisionChange {
    /// The selector, as rules write it.
    pub subject: String,
    /// The resource's type.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// The glob of the names.
    pub names: String,
    /// The globs of the services.
    pub services: Vec<String>,
    /// The action; `*` when every action changes alike.
    pub action: String,
    /// Whether it was granted.
    pub before: bool,
    /// Whether it is granted.
    pub after: bool,
    /// The rule that decides now, if one does.
    pub rule: Option<RuleName>,
}

/// What changes, and how much was not looked at or is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The decisions, sorted.
    pub decisions: Vec<DecisionChange>,
    /// How many more there may be.
    pub omitted: usize,
}

/// Compares two policies at `at`: for whom and what the `rules` are about that are in either, and
/// for the `subjects`. Tells at most `limit` decisions.
#[must_use]
pub fn compare(
    old: &Policy,
    new: &Policy,
    rules: &BTreeSet<RuleName>,
    subjects: &[SubjectChange],
    at: Timestamp,
    limit: usize,
) -> Comparison {
    let mut search = Search { old, new, at, looks: MOST_LOOKS, omitted: 0, found: BTreeMap::new() };
    for name in rules {
        for rule in [old.rule(name), new.rule(name)].into_iter().flatten().filter(|rule| rule.enabled) {
            for selector in &rule.subjects {
                search.rule_for(rule, selector);
            }
        }
    }
    for change in subjects {
        search.subject(change);
    }
    search.finish(limit)
}

/// What a decision is about: the key under which it is told once.
type About = (String, String, String, Vec<String>, String);

struct Search<'a> {
    old: &'a Policy,
    new: &'a Policy,
    at: Timestamp,
    looks: usize,
    omitted: usize,
    found: BTreeMap<About, (bool, bool, Option<RuleName>)>,
}

impl Search<'_> {
    /// Asks about a rule for an example of one of its selectors.
    fn rule_for(&mut self, rule: &Rule, selector: &Selector) {
        for glob in &rule.names {
            let Some(subject) = witness::subject_for(selector, glob) else {
                continue;
            };
            let Some(of) = witness::resource_type(rule) else {
                continue;
            };
            let names = witness::names(glob, &of, &subject);
            let who = (Some(&subject), Some(&subject));
            self.ask(rule, &selector.to_string(), glob.as_str(), &of, &names, who);
        }
    }

    /// Asks about the rules that a changed subject gains or loses.
    fn subject(&mut self, change: &SubjectChange) {
        let (old, new) = (self.old, self.new);
        let Some(id) = change.after.as_ref().or(change.before.as_ref()).and_then(|s| s.identity.as_ref())
        else {
            return;
        };
        let mut about: BTreeMap<&RuleName, &Rule> = BTreeMap::new();
        for (policy, subject) in [(old, &change.before), (new, &change.after)] {
            let buckets = subject.iter().flat_map(|subject| policy.buckets(subject));
            let rules = buckets.flat_map(|bucket| bucket.all().iter());
            about.extend(rules.map(|rule| (&rule.name, &**rule)));
        }
        for rule in about.into_values() {
            // What everybody may is not told of each.
            let is_wide = |one: &Selector| matches!(one, Selector::Authenticated | Selector::Everyone);
            let only_wide = rule.subjects.iter().all(is_wide);
            let Some(of) = witness::resource_type(rule) else {
                continue;
            };
            for glob in rule.names.iter().filter(|glob| !only_wide || glob.has_placeholder()) {
                let mut names: Vec<ResourceName> = Vec::new();
                for subject in [&change.before, &change.after].into_iter().flatten() {
                    names.extend(witness::names(glob, &of, subject));
                }
                names.sort();
                names.dedup();
                let who = (change.before.as_ref(), change.after.as_ref());
                self.ask(rule, &id.to_string(), glob.as_str(), &of, &names, who);
            }
        }
    }

    fn ask(
        &mut self,
        rule: &Rule,
        subject: &str,
        glob: &str,
        of: &ResourceType,
        names: &[ResourceName],
        who: (Option<&Subject>, Option<&Subject>),
    ) {
        let Some(service) = witness::service(rule) else {
            return;
        };
        for action in rule.actions.iter() {
            let concrete = witness::concrete(of, action);
            let mut changes: Vec<(Action, bool, bool, Option<RuleName>)> = Vec::new();
            for one in &concrete {
                changes
                    .extend(names.iter().find_map(|name| self.try_one(rule, &service, of, name, one, who)));
            }
            // Every action alike is one decision about `*`.
            let alike = changes.len() == concrete.len()
                && changes.windows(2).all(|pair| matches!(pair, [a, b] if (a.1, &a.3) == (b.1, &b.3)));
            for (one, before, after, decider) in changes {
                let shown = if alike { action.to_string() } else { one.to_string() };
                let services = rule.services.iter().map(ToString::to_string).collect();
                let about = (subject.to_owned(), of.to_string(), glob.to_owned(), services, shown);
                self.found.insert(about, (before, after, decider));
            }
        }
    }

    /// The decision about one example, if it changed.
    fn try_one(
        &mut self,
        rule: &Rule,
        service: &ServiceName,
        of: &ResourceType,
        name: &ResourceName,
        action: &Action,
        who: (Option<&Subject>, Option<&Subject>),
    ) -> Option<(Action, bool, bool, Option<RuleName>)> {
        let (old, new) = (self.old, self.new);
        let size = |policy: &Policy, subject: Option<&Subject>| {
            subject.map_or(0, |subject| policy.candidates(subject, name))
        };
        let Some(left) = self.looks.checked_sub(1 + size(old, who.0) + size(new, who.1)) else {
            self.omitted += 1;
            return None;
        };
        self.looks = left;
        let case = Case {
            service,
            resource_type: of,
            name,
            action,
            address: Some(witness::address(rule)),
            at: witness::moment(rule, self.at),
        };
        let granted = |policy: &Policy, subject: Option<&Subject>| {
            subject.is_some_and(|subject| case.is_granted(policy, subject))
        };
        let (before, after) = (granted(old, who.0), granted(new, who.1));
        (before != after)
            .then(|| (action.clone(), before, after, who.1.and_then(|subject| case.decider(new, subject))))
    }

    fn finish(self, limit: usize) -> Comparison {
        let mut decisions: Vec<DecisionChange> = self
            .found
            .into_iter()
            .map(|((subject, resource_type, names, services, action), (before, after, rule))| {
                DecisionChange { subject, resource_type, names, services, action, before, after, rule }
            })
            .collect();
        let omitted = self.omitted + decisions.len().saturating_sub(limit);
        decisions.truncate(limit);
        Comparison { decisions, omitted }
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

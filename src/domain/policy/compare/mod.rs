//! Which decisions change between two policies, for a plan that a person reads.
//!
//! Only a changed rule or a changed subject can change a decision. So for everybody whom they are
//! about, every kind of question that they are about is put to both policies (`search`): the names
//! that the rules tell apart (`names`), the services, types, actions, addresses and moments. What
//! came out is told in as few rows as say it (`rows`).
//!
//! INVARIANT: every decision that differs is covered by a row, unless something is omitted; every row
//! holds for its example. The bound is one of work, not of time: the same question has the same answer.

mod asking;
mod conditions;
mod names;
mod pattern;
mod rows;
mod search;
mod segments;
mod view;
mod work;

pub use rows::{DecisionChange, Example};

use super::glob::NameGlob;
use super::index::Policy;
use super::rule::{Rule, RuleName, TypePattern};
use super::services::ServiceGlob;
use super::witness::{self, Placeholder};
use crate::domain::resource::{Action, REPOSITORY_ACTIONS, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use rows::Axes;
use search::{Role, Search, Side};
use std::collections::BTreeSet;
use view::Person;
use work::Work;

/// How much is looked at.
const MOST_WORK: usize = 20_000_000;
/// How many selectors and globs of changed rules somebody is imagined for.
const MOST_IMAGINED: usize = 50_000;
/// How many services, types and actions are looked at.
const MOST_SERVICES: usize = 64;
const MOST_TYPES: usize = 16;
const MOST_ACTIONS: usize = 64;

/// A user or robot that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectChange {
    /// As rules saw it; `None` when it did not exist or was disabled.
    pub before: Option<Subject>,
    /// As rules see it; `None` when it does not exist or is disabled.
    pub after: Option<Subject>,
}

/// What changed, besides what is in the policies.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The rules that are not the same in both; others may be among them.
    pub rules: &'a BTreeSet<RuleName>,
    /// Users and robots.
    pub subjects: &'a [SubjectChange],
}

/// For whom and where decisions are compared. Nobody and strangers are always among them; where
/// nobody is known whom a changed rule means, somebody is imagined.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// Users and robots that did not change.
    pub people: Vec<Subject>,
    /// How many more there are.
    pub more_people: usize,
    /// The registries.
    pub services: Vec<ServiceName>,
}

/// What changes, and how much was not looked at or is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The decisions, sorted.
    pub decisions: Vec<DecisionChange>,
    /// How many more there may be.
    pub omitted: usize,
}

/// Compares two policies from `at` on. Tells at most `limit` rows.
#[must_use]
pub fn compare(
    policies: (&Policy, &Policy),
    changes: Changes<'_>,
    known: &Population,
    at: Timestamp,
    limit: usize,
) -> Comparison {
    compare_within(Work::new(MOST_WORK), policies, changes, known, at, limit)
}

fn compare_within(
    mut work: Work,
    (old, new): (&Policy, &Policy),
    changes: Changes<'_>,
    known: &Population,
    at: Timestamp,
    limit: usize,
) -> Comparison {
    let names: BTreeSet<&RuleName> =
        changes.rules.iter().filter(|name| old.rule(name) != new.rule(name)).collect();
    let versions =
        |policy: &Policy| Policy::from_rules(names.iter().filter_map(|name| policy.rule(name).cloned()));
    let changed = (versions(old), versions(new));
    let rules: Vec<&Rule> = [&changed.0, &changed.1].into_iter().flat_map(Policy::rules).collect();
    let rules: Vec<&Rule> = rules.into_iter().filter(|rule| rule.enabled).collect();
    if rules.is_empty() && changes.subjects.is_empty() {
        return Comparison::default();
    }
    let axes = axes(new, &rules, known, &mut work);
    let sides = (Side { policy: old, changed: &changed.0 }, Side { policy: new, changed: &changed.1 });
    let states = changes.subjects.iter().flat_map(|change| [&change.before, &change.after]).flatten();
    let people: BTreeSet<String> = known.people.iter().chain(states).filter_map(own_selector).collect();
    let imagined = imagined(&rules, &people, &mut work);
    let [nobody, stranger] = [Selector::Anonymous, Selector::Authenticated].map(|one| witness::subject(&one));
    let own = changes.subjects.iter().map(|change| change.after.as_ref().or(change.before.as_ref()));
    let own: Vec<String> = own.map(|subject| subject.and_then(own_selector).unwrap_or_default()).collect();
    let mut search = Search::new(sides.0, sides.1, &axes, at, work);
    if !rules.is_empty() {
        known.people.iter().for_each(|one| search.look(Person::unchanged(one), Role::Population));
        for change in changes.subjects {
            search.look(person(change), Role::Selectors);
        }
        search.look(Person::unchanged(&nobody), Role::Selectors);
        search.look(Person::unchanged(&stranger), Role::Stranger(&known.people));
        let met = search.facts.met();
        for one in imagined.iter().filter(|one| !met.contains(&(one.selector.clone(), one.name.clone()))) {
            search.look(Person::unchanged(&one.subject), Role::Imagined(&one.selector, &one.name));
        }
    }
    for (change, own) in changes.subjects.iter().zip(&own) {
        search.look(person(change), Role::Itself(own));
    }
    let mut decisions = search.facts.rows(&axes);
    let unread = if rules.is_empty() { 0 } else { known.more_people };
    let omitted = search.work.missed() + unread + decisions.len().saturating_sub(limit);
    decisions.truncate(limit);
    Comparison { decisions, omitted }
}

fn person(change: &SubjectChange) -> Person<'_> {
    Person { before: change.before.as_ref(), after: change.after.as_ref() }
}

/// The selector that means this very user or robot.
fn own_selector(subject: &Subject) -> Option<String> {
    subject.identity.as_ref().map(ToString::to_string)
}

/// Somebody whom a changed rule would mean: not somebody who is known as he is, nor somebody with
/// labels that nobody has.
struct Imagined {
    selector: String,
    name: String,
    subject: Subject,
}

fn imagined(rules: &[&Rule], people: &BTreeSet<String>, work: &mut Work) -> Vec<Imagined> {
    let mut imagined = Vec::new();
    for rule in rules {
        if imagined.len() + rule.subjects.len() * rule.names.len() > MOST_IMAGINED {
            work.miss();
            continue;
        }
        for selector in rule.subjects.iter().filter(|selector| !people.contains(&selector.to_string())) {
            let is_free = |glob: &&NameGlob| {
                !witness::placeholders(glob).iter().any(|one| matches!(one, Placeholder::Label(_)))
            };
            let globs = rule.names.iter().filter(is_free);
            imagined.extend(globs.filter_map(|glob| {
                let subject = witness::subject_for(selector, glob)?;
                Some(Imagined { selector: selector.to_string(), name: glob.to_string(), subject })
            }));
        }
    }
    imagined
}

/// What questions are about: every type and action that a rule names and one that none names, and
/// the known services; where none is known that a changed rule is for, one that would be.
fn axes(new: &Policy, changed: &[&Rule], known: &Population, work: &mut Work) -> Axes {
    let mut services: BTreeSet<ServiceName> = known.services.iter().cloned().collect();
    for glob in changed.iter().flat_map(|rule| rule.services.iter()) {
        if !known.services.iter().any(|service| glob.matches(service)) {
            services.extend(witness::service_of(glob));
        }
    }
    if services.is_empty() {
        services.extend(witness::service_of(&ServiceGlob::any()));
    }
    let mut types = BTreeSet::from(["repository".to_owned()]);
    let mut actions: BTreeSet<Action> =
        REPOSITORY_ACTIONS.iter().filter_map(|text| Action::parse(text).ok()).collect();
    actions.insert(Action::every());
    // The rules of the old policy that are not changed are in the new one.
    for rule in new.rules().filter(|rule| rule.enabled).chain(changed.iter().copied()) {
        actions.extend(rule.actions.iter().cloned());
        if let TypePattern::Exactly(of) = &rule.resource_type {
            types.insert(of.as_str().to_owned());
        }
    }
    let other = |taken: &dyn Fn(&str) -> bool| {
        let mut text = "other".to_owned();
        while taken(&text) {
            text.push('x');
        }
        text
    };
    let other_type = other(&|text| types.contains(text));
    let other_action = other(&|text| actions.iter().any(|action| action.as_str() == text));
    if services.len() > MOST_SERVICES || types.len() > MOST_TYPES || actions.len() > MOST_ACTIONS {
        work.miss();
    }
    Axes {
        services: services.into_iter().take(MOST_SERVICES).collect(),
        types: types
            .into_iter()
            .take(MOST_TYPES)
            .chain([other_type])
            .filter_map(|text| ResourceType::parse(&text).ok())
            .collect(),
        actions: actions.into_iter().take(MOST_ACTIONS).chain(Action::parse(&other_action)).collect(),
    }
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

//! Finds the decisions that change between two policies, for a plan that a person reads.
//!
//! Only a changed rule, subject or service can change a decision. So `search` asks both policies questions about
//! these changes, for every subject that they concern. The questions cover one name of each kind that the rules
//! distinguish (`names`), and the services, types, actions, addresses and times. `rows` merges the answers into few
//! rows. For a created or deleted service, one of the two policies is empty. A service that reads requests
//! differently has rows of its own (`readings`).
//!
//! INVARIANT: the rows cover every changed decision, unless something is omitted. Every row is true for its
//! example. The bound limits work, not time: the same question has the same answer, unless the caller gives up.

mod account;
mod asking;
mod conditions;
pub(super) mod names;
mod pass;
pub(super) mod pattern;
mod readings;
mod rows;
mod search;
mod segments;
mod view;
pub(super) mod work;

pub use account::{Account, ServiceChange, SubjectChange};
pub use rows::{DecisionChange, Example};

use super::index::Policy;
use super::rule::{Rule, RuleName};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use pass::Pass;
use std::collections::BTreeSet;
use std::sync::Arc;
use work::Work;

pub use work::Abandoned;

/// The changes to compare, apart from the policies themselves.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The rules that differ between the two policies. The list may also contain unchanged rules.
    pub rules: &'a BTreeSet<RuleName>,
    /// The users and robots that changed.
    pub subjects: &'a [SubjectChange],
    /// The registries that were created or deleted, or that read requests differently now.
    pub services: &'a [ServiceChange],
}

/// The subjects and registries of the comparison. If a rule changes, or a registry is created or deleted, the
/// comparison also examines anonymous and an unknown signed-in user. If no known subject matches a changed rule,
/// the comparison makes one up.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// Users and robots that did not change.
    pub people: Vec<Arc<Account>>,
    /// The number of further accounts, which are not in `people`.
    pub more_people: usize,
    /// The registries that exist before and after the change.
    pub services: Vec<ServiceName>,
}

/// The bounds of a comparison.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The greatest amount of work, in steps of the search.
    pub work: usize,
    /// The greatest number of rows.
    pub rows: usize,
    /// The flag by which the caller ends the comparison.
    pub abandoned: Abandoned,
}

/// The changed decisions, and the number of decisions, questions and accounts that were left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The changed decisions, sorted.
    pub decisions: Vec<DecisionChange>,
    /// The number of decisions, questions and accounts that were left out.
    pub omitted: usize,
}

/// Compares the decisions of two policies, from the time `at` on.
#[must_use]
pub fn compare(
    policies: (&Policy, &Policy),
    changes: Changes<'_>,
    known: &Population,
    at: Timestamp,
    bounds: Bounds,
) -> Comparison {
    let Bounds { work, rows, abandoned } = bounds;
    compare_within(Work::until(work, abandoned), policies, changes, known, at, rows)
}

fn compare_within(
    mut work: Work,
    (old, new): (&Policy, &Policy),
    changes: Changes<'_>,
    known: &Population,
    at: Timestamp,
    limit: usize,
) -> Comparison {
    let rules: BTreeSet<&RuleName> =
        changes.rules.iter().filter(|name| old.rule(name) != new.rule(name)).collect();
    let created = names_of(changes.services, |one| one.before.is_none());
    let deleted = names_of(changes.services, |one| one.after.is_none());
    let mut people: Vec<&Account> = known.people.iter().map(Arc::as_ref).collect();
    people.sort_by_key(|one| one.is_admin);
    let pass = Pass { people: &people, subjects: changes.subjects, at };
    let none = Policy::default();
    let apart: BTreeSet<ServiceName> = created.iter().chain(&deleted).cloned().collect();
    let mut decisions = pass.changed((old, new), &rules, &known.services, &apart, &mut work);
    if !created.is_empty() {
        let all = rules_for(new, &created);
        decisions.extend(pass.changed_at((&none, new), &all, &created, &mut work));
    }
    if !deleted.is_empty() {
        let all = rules_for(old, &deleted);
        decisions.extend(pass.changed_at((old, &none), &all, &deleted, &mut work));
    }
    decisions.extend(readings::rows(&pass, (old, new), changes.services, &mut work));
    decisions.sort_by(|one, other| one.place().cmp(&other.place()));
    let looks_at_people = !rules.is_empty() || !changes.services.is_empty();
    let unread = if looks_at_people { known.more_people } else { 0 };
    let omitted = work.missed() + unread + decisions.len().saturating_sub(limit);
    decisions.truncate(limit);
    Comparison { decisions, omitted }
}

fn names_of(changes: &[ServiceChange], are: impl Fn(&ServiceChange) -> bool) -> Vec<ServiceName> {
    let own = changes.iter().filter(|one| are(one));
    own.filter_map(|one| one.after.as_ref().or(one.before.as_ref())).map(|one| one.name.clone()).collect()
}

/// Returns the names of the enabled rules that apply to one of these services.
fn rules_for<'a>(policy: &'a Policy, services: &[ServiceName]) -> BTreeSet<&'a RuleName> {
    let is_for = |rule: &&Rule| rule.enabled && services.iter().any(|name| rule.matches_service(name));
    policy.rules().filter(is_for).map(|rule| &rule.name).collect()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

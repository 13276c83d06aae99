//! Which decisions change between two policies, for a plan that a person reads.
//!
//! Only a changed rule, subject or service can change a decision. So for everybody whom they are
//! about, every kind of question that they are about is put to both policies (`search`): the names
//! that the rules tell apart (`names`), the services, types, actions, addresses and moments. What
//! came out is told in as few rows as say it (`rows`). A service that comes or goes is compared with
//! no rules at all, and one that reads requests otherwise has a row of its own (`readings`).
//!
//! INVARIANT: every decision that differs is covered by a row, unless something is omitted; every row
//! holds for its example. The bound is one of work, not of time: the same question has the same answer, unless nobody
//! waits for it any more.

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

/// What changed, besides what is in the policies.
#[derive(Debug, Clone, Copy)]
pub struct Changes<'a> {
    /// The rules that are not the same in both; others may be among them.
    pub rules: &'a BTreeSet<RuleName>,
    /// Users and robots.
    pub subjects: &'a [SubjectChange],
    /// Registries that come or go, or read requests otherwise.
    pub services: &'a [ServiceChange],
}

/// For whom and where decisions are compared. Nobody and strangers are always among them; where
/// nobody is known whom a changed rule means, somebody is imagined.
#[derive(Debug, Clone, Default)]
pub struct Population {
    /// Users and robots that did not change.
    pub people: Vec<Arc<Account>>,
    /// How many more there are.
    pub more_people: usize,
    /// The registries that are there before and after.
    pub services: Vec<ServiceName>,
}

/// How far a comparison goes.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// How much is looked at.
    pub work: usize,
    /// How many rows are told.
    pub rows: usize,
    /// Ends it.
    pub abandoned: Abandoned,
}

/// What changes, and how much was not looked at or is not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The decisions, sorted.
    pub decisions: Vec<DecisionChange>,
    /// How many more there may be.
    pub omitted: usize,
}

/// Compares two policies from `at` on.
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

/// The enabled rules that are for some of these services.
fn rules_for<'a>(policy: &'a Policy, services: &[ServiceName]) -> BTreeSet<&'a RuleName> {
    let is_for = |rule: &&Rule| rule.enabled && services.iter().any(|name| rule.matches_service(name));
    policy.rules().filter(is_for).map(|rule| &rule.name).collect()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;

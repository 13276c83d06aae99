//! Suggests narrower rights: finds rules, actions, members and names that nobody used in a period.
//!
//! Every reported use is credited to the rules that may grant it (`credit`). A rule keeps everything that its
//! credited uses need, and may lose the rest (`rules`, `names`). A group keeps the members that need the group
//! (`groups`).
//!
//! INVARIANT: no suggestion refuses a seen use that the rules grant, neither alone nor together with all other
//! suggestions: each use keeps every rule that may grant it. `proof` decides all uses again, and separates the
//! suggestions that break this invariant. No suggestion grants anything: a rule that hides rules of lower priority
//! stays enabled, and keeps its subjects and names.

mod credit;
mod groups;
mod names;
mod proof;
mod rules;
mod seen;

pub use seen::{Counts, Narrowing, Observed, Person, Seen, Suggested, SuggestionKind, Suggestions};

use super::compare::work::{Abandoned, Work};
use super::index::Policy;
use credit::Credits;
use proof::Proof;
use rules::Judge;

/// The bounds of the suggestions.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The greatest number of suggestions.
    pub items: usize,
    /// The greatest amount of work: about the number of examined rules.
    pub work: usize,
    /// The flag by which the caller ends the work early.
    pub abandoned: Abandoned,
}

/// Returns suggestions, ordered by kind and name. Returns `None` if the work exceeds the bound, or if the caller no
/// longer waits for the answer.
#[must_use]
pub fn suggest(policy: &Policy, observed: &Observed<'_>, limits: &Limits) -> Option<Suggestions> {
    let mut work = Work::until(limits.work, limits.abandoned.clone());
    let credits = Credits::of(policy, observed, &mut work)?;
    let judge = Judge::new(policy, observed);
    let mut items: Vec<Suggested> =
        judge.judged().flat_map(|rule| rules::of_rule(&judge, rule, credits.of_rule(&rule.name))).collect();
    let (of_groups, young_groups) = groups::of_groups(&judge, &credits, &mut work)?;
    items.extend(of_groups);
    items.sort_by(|one, other| one.place().cmp(&other.place()));
    let omitted = items.len().saturating_sub(limits.items);
    items.truncate(limits.items);
    let proof = Proof::new(policy, observed, &credits);
    let (mut proven, mut unproven) = (Vec::new(), Vec::new());
    for item in items {
        let holds = proof.holds(&[&item], credits.uses_of(&item), &mut work)?;
        if holds { &mut proven } else { &mut unproven }.push(item);
    }
    let all: Vec<&Suggested> = proven.iter().collect();
    if !proof.holds(&all, 0..observed.seen.len(), &mut work)? {
        unproven.append(&mut proven);
    }
    let seen = proof.seen(&mut work)?;
    let young = judge.young().map(|rule| rule.name.clone()).collect();
    Some(Suggestions { items: proven, omitted, unproven, young, young_groups, seen })
}

#[cfg(test)]
#[path = "suggest_tests.rs"]
mod tests;

//! Credits each reported use to the rules that may grant it. A use is one entry of [`Observed::seen`].
//!
//! INVARIANT: the address of a use is not known for certain, and rules begin and end. So a use is credited to every
//! rule that would grant it at some address and some time.

use super::seen::{Narrowing, Observed, Person, Seen, Suggested, needed};
use crate::domain::policy::bucket::Bucket;
use crate::domain::policy::compare::work::Work;
use crate::domain::policy::index::{Candidates, Policy};
use crate::domain::policy::name_asked::NameAsked;
use crate::domain::policy::rule::{Effect, Rule, RuleName};
use crate::domain::policy::rule_set::{Ranked, RuleSet};
use crate::domain::resource::{Action, ActionSet};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The cost, in steps of [`Work`], of noting that a rule may decide about a use.
const NOTE: usize = 4;

/// The uses that are credited to one rule.
pub(super) struct Credit<'a> {
    /// The actions of the rule that some use needed.
    pub(super) actions: ActionSet,
    /// For each subject of the rule, in the order of the rule: true if that subject used the rule.
    pub(super) subjects: Vec<bool>,
    /// For each pattern of the rule, in the order of the rule: the used names that match the pattern.
    pub(super) names: Vec<BTreeSet<&'a str>>,
    /// The number of uses that needed an action of the rule.
    pub(super) used: i64,
    /// The number of times that a token request for an action of the rule was granted or refused.
    pub(super) asked: i64,
    /// The number of times that a token granted an action of the rule.
    pub(super) granted: i64,
    /// The indices in [`Observed::seen`] of the uses about which the rule may decide.
    entries: Vec<usize>,
}

/// The uses that are credited to each rule.
pub(super) struct Credits<'a> {
    by_rule: HashMap<&'a RuleName, Credit<'a>>,
    /// For each use, the rules to which the use is credited.
    by_entry: Vec<Vec<&'a Rule>>,
    /// For each person, the indices of the person's uses.
    by_person: BTreeMap<usize, Vec<usize>>,
    /// For each use, the cost of one decision about the use, in steps of [`Work`].
    cost: Vec<usize>,
}

impl<'a> Credit<'a> {
    fn of(rule: &Rule) -> Self {
        Self {
            actions: ActionSet::new(),
            subjects: vec![false; rule.subjects.len()],
            names: vec![BTreeSet::new(); rule.names.len()],
            used: 0,
            asked: 0,
            granted: 0,
            entries: Vec::new(),
        }
    }

    /// Notes a use about which the rule may decide. Returns true if the use needs an action of the rule.
    fn note(&mut self, rule: &Rule, entry: usize, seen: &'a Seen, person: &Person) -> bool {
        self.entries.push(entry);
        for (action, counts) in &seen.counts {
            if rule.lists(action) {
                self.asked = self.asked.saturating_add(counts.asked);
                self.granted = self.granted.saturating_add(counts.granted);
            }
            if needed(action).iter().any(|right| rule.lists(right)) {
                self.used = self.used.saturating_add(counts.used);
            }
        }
        let own: Vec<&Action> = seen.scope.actions.iter().filter(|action| rule.lists(action)).collect();
        if own.is_empty() {
            return false;
        }
        self.actions.extend(own);
        for (is_used, selector) in self.subjects.iter_mut().zip(&rule.subjects) {
            *is_used |= selector.matches(&person.subject);
        }
        for (names, glob) in self.names.iter_mut().zip(&rule.names) {
            if glob.matches(&seen.scope.name, &person.subject) {
                names.insert(seen.scope.name.as_str());
            }
        }
        true
    }
}

/// Returns the enabled rules that match a use, whatever the action, the address and the time. Also returns the
/// number of examined rules.
fn matching<'a>(policy: &'a Policy, person: &Person, seen: &Seen) -> (Vec<&'a Rule>, usize) {
    let (subject, name) = (&person.subject, &seen.scope.name);
    let buckets: Vec<&Bucket> = policy.buckets(subject).collect();
    let candidates = Candidates::new(&buckets, name);
    let asked = NameAsked::new(name, subject);
    let fits = |rule: &&Ranked| {
        rule.resource_type.fits_repositories()
            && rule.matches_asked(&asked)
            && rule.matches_service(&seen.service)
            && rule.matches_subject(subject)
    };
    let looked_at = candidates.sets().map(RuleSet::len).sum();
    // A rule may be in several sets.
    let names: BTreeSet<&RuleName> =
        candidates.sets().flat_map(RuleSet::iter).filter(fits).map(|rule| &rule.name).collect();
    (names.into_iter().filter_map(|name| policy.rule(name)).collect(), looked_at)
}

/// Returns the allow rules that may decide. Leaves out a rule if another rule hides it at every address and at
/// every time. A rule that changed in the period does not hide other rules, because it may not have hidden them in
/// the whole period.
fn may_decide<'a>(matching: &[&'a Rule], observed: &Observed<'_>) -> Vec<&'a Rule> {
    let always = |rule: &&&Rule| {
        rule.networks.is_empty()
            && rule.not_before.is_none()
            && rule.not_after.is_none()
            && !observed.young.contains_key(&rule.name)
    };
    let lowest = matching.iter().filter(always).map(|rule| rule.priority).max();
    let may =
        |rule: &&&Rule| rule.effect == Effect::Allow && lowest.is_none_or(|lowest| rule.priority >= lowest);
    matching.iter().filter(may).copied().collect()
}

impl<'a> Credits<'a> {
    /// Credits every use. Returns `None` if the work exceeds the bound.
    pub(super) fn of(policy: &'a Policy, observed: &Observed<'a>, work: &mut Work) -> Option<Self> {
        let mut credits = Self {
            by_rule: HashMap::new(),
            by_entry: Vec::with_capacity(observed.seen.len()),
            by_person: BTreeMap::new(),
            cost: Vec::with_capacity(observed.seen.len()),
        };
        for (entry, seen) in observed.seen.iter().enumerate() {
            let (mut credited, mut cost) = (Vec::new(), 1);
            if let Some(person) = observed.people.get(seen.person) {
                let (matching, looked_at) = matching(policy, person, seen);
                cost += looked_at;
                for rule in may_decide(&matching, observed) {
                    if !work.spend(NOTE + rule.subjects.len() + rule.names.len()) {
                        return None;
                    }
                    let credit = credits.by_rule.entry(&rule.name).or_insert_with(|| Credit::of(rule));
                    if credit.note(rule, entry, seen, person) {
                        credited.push(rule);
                    }
                }
            }
            if !work.spend(cost) {
                return None;
            }
            credits.cost.push(cost);
            credits.by_entry.push(credited);
            credits.by_person.entry(seen.person).or_default().push(entry);
        }
        Some(credits)
    }

    /// Returns the cost of one decision about a use, in steps of [`Work`].
    pub(super) fn cost(&self, entry: usize) -> usize {
        self.cost.get(entry).copied().unwrap_or(1)
    }

    /// Returns the uses that are credited to a rule; `None` if the rule may decide about no use.
    pub(super) fn of_rule(&self, rule: &RuleName) -> Option<&Credit<'a>> {
        self.by_rule.get(rule)
    }

    /// Returns the indices of a person's uses, each with the rules to which the use is credited.
    pub(super) fn of_person(&self, person: usize) -> impl Iterator<Item = (usize, &[&'a Rule])> {
        let entries = self.by_person.get(&person).into_iter().flatten();
        entries.filter_map(|entry| Some((*entry, self.by_entry.get(*entry)?.as_slice())))
    }

    /// Returns the indices of the uses for which a suggestion may change a decision.
    pub(super) fn uses_of(&self, item: &Suggested) -> Vec<usize> {
        let rules: Vec<&RuleName> = match &item.narrowing {
            Narrowing::Members { rules, .. } => rules.iter().collect(),
            other => other.rule().into_iter().collect(),
        };
        let credits = rules.into_iter().filter_map(|rule| self.by_rule.get(rule));
        let entries: BTreeSet<usize> = credits.flat_map(|credit| credit.entries.iter().copied()).collect();
        entries.into_iter().collect()
    }
}

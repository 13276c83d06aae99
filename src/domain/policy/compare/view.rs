//! Collects the rules of the old and the new policy that matter for one subject: the rules that may match the same
//! names as a rule that may decide differently after the change. Also collects the patterns and the conditions of
//! these rules.

use super::account::Account;
use super::conditions::{Condition, conditions};
use super::pattern::{self, Pattern};
use super::rows::{Area, Facts};
use super::work::Work;
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::{Effect, Rule, TypePattern};
use crate::domain::policy::services::ServiceGlob;
use crate::domain::resource::Action;
use crate::domain::selector::Selector;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The cost of reading the patterns of one rule, in addition to finding the rule.
const PATTERN: usize = 8;

/// A subject before and after the change.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) before: Option<&'a Account>,
    pub(super) after: Option<&'a Account>,
}

impl<'a> Person<'a> {
    /// Makes a subject that the change does not concern.
    pub(super) fn unchanged(account: &'a Account) -> Self {
        Self { before: Some(account), after: Some(account) }
    }

    /// Returns the old and the new subject, as rules see them.
    pub(super) fn subjects(&self) -> (Option<&'a Subject>, Option<&'a Subject>) {
        (self.before.map(|one| &one.subject), self.after.map(|one| &one.subject))
    }

    /// Returns the subject at a time. An account that has ended by then is left out.
    pub(super) fn at(&self, at: Timestamp) -> Self {
        let living = |one: &&Account| one.lives_at(at);
        Self { before: self.before.filter(living), after: self.after.filter(living) }
    }

    /// Returns true if the change moves the end of the account.
    pub(super) fn ends_otherwise(&self) -> bool {
        self.ends().0 != self.ends().1
    }

    fn ends(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.before.and_then(|one| one.until), self.after.and_then(|one| one.until))
    }
}

/// A rule that may decide differently after the change.
pub(super) struct Touch<'a> {
    pub(super) rule: &'a Rule,
    /// The state of the subject whose values fill the rule's placeholders.
    pub(super) subject: &'a Subject,
    /// The selectors that the rows name.
    pub(super) selectors: Vec<String>,
    /// The only name glob that the search follows; `None` for all globs of the rule.
    pub(super) only: Option<&'a str>,
}

/// A rule to which a pattern belongs, with one of the rule's service globs.
pub(super) struct Head<'a> {
    pub(super) rule: &'a Rule,
    pub(super) services: &'a ServiceGlob,
    pub(super) area: usize,
}

impl Head<'_> {
    /// Returns true if the rule may cause a changed decision about an action. `tiers` are the priorities of all
    /// rules that may decide. If the rule cannot be the cause, another rule is the cause and has rows of its own.
    pub(super) fn may_decide(&self, action: &Action, tiers: &BTreeSet<i32>) -> bool {
        // INVARIANT: a deny rule denies `*` in every tier, even if it lists other actions.
        self.rule.lists(action)
            || (action.is_every() && self.rule.effect == Effect::Deny)
            || tiers.iter().any(|tier| *tier != self.rule.priority)
    }
}

/// The parts of both policies that matter for one subject.
pub(super) struct View<'a> {
    /// The rules of the old policy that may decide. `after` contains the rules of the new policy that may decide.
    pub(super) before: Vec<&'a Rule>,
    pub(super) after: Vec<&'a Rule>,
    /// The priorities of the rules in `before` and `after`.
    pub(super) tiers: BTreeSet<i32>,
    pub(super) patterns: Vec<Pattern>,
    /// The patterns of which a name must match at least one; `None` if any name counts.
    pub(super) needed: Option<BTreeSet<usize>>,
    /// The rules of each touched pattern; these patterns come first in `patterns`.
    pub(super) heads: Vec<Vec<Head<'a>>>,
    pub(super) conditions: Vec<Condition>,
}

/// The properties by which two subjects get the same decisions: their rules (as addresses in memory), the
/// selectors, the values of placeholders, and the times at which they exist.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Signature {
    own_only: bool,
    touched: Vec<(usize, Vec<String>)>,
    rules: (Vec<usize>, Vec<usize>),
    filled: Vec<Pattern>,
    /// Two values for each condition: true if the old account exists then, and true if the new account exists then.
    lives: Vec<(bool, bool)>,
}

/// Returns the enabled rules that match a subject. A rule that names several selectors of the subject occurs
/// several times.
pub(super) fn rules_of<'a>(policy: &'a Policy, subject: &'a Subject) -> impl Iterator<Item = &'a Rule> {
    let rules = policy.buckets(subject).flat_map(|bucket| bucket.all().iter()).map(|rule| &**rule);
    rules.filter(move |rule| rule.matches_subject(subject))
}

/// Returns true if a rule treats the subject differently from a stranger.
fn is_own(rule: &Rule, subject: &Subject) -> bool {
    let names = |selector: &Selector| {
        matches!(selector, Selector::User(_) | Selector::Robot(_) | Selector::Group(_))
            && selector.matches(subject)
    };
    rule.subjects.iter().any(names) || rule.names.iter().any(|glob| glob.has_placeholder())
}

/// A numbering of patterns: each pattern has one number, even if it occurs several times.
#[derive(Default)]
struct Numbers {
    numbers: HashMap<Pattern, usize>,
    filled: Vec<Pattern>,
    missed: bool,
}

impl Numbers {
    fn of(&mut self, glob: &NameGlob, subject: &Subject) -> Vec<usize> {
        let (patterns, all) = pattern::patterns(glob, subject);
        self.missed |= !all;
        if glob.has_placeholder() {
            self.filled.extend(patterns.iter().cloned());
            // An empty pattern marks the end of the patterns of one glob.
            self.filled.push(Pattern::new());
        }
        let mut number = |pattern| {
            let next = self.numbers.len();
            *self.numbers.entry(pattern).or_insert(next)
        };
        patterns.into_iter().map(&mut number).collect()
    }

    fn in_order(self) -> Vec<Pattern> {
        let sorted: BTreeMap<usize, Pattern> =
            self.numbers.into_iter().map(|(pattern, number)| (number, pattern)).collect();
        sorted.into_values().collect()
    }
}

impl<'a> View<'a> {
    /// Collects the rules of both policies that may decide wherever a touched rule matches. With `own_only`, only
    /// names in the subject's own rules matter, because all other names are decided as for a stranger. Returns
    /// `None` if `own_only` leaves no rule, or if the work would exceed the bound.
    pub(super) fn new(
        policies: (&'a Policy, &'a Policy),
        person: Person<'a>,
        touches: &[Touch<'a>],
        own_only: bool,
        at: Timestamp,
        (facts, work): (&mut Facts, &mut Work),
    ) -> Option<(Self, Signature)> {
        let (was, is) = person.subjects();
        let mut near = vec![Near::to(touches.iter().map(|touch| touch.rule))];
        if own_only {
            let own = [(policies.0, was), (policies.1, is)].into_iter();
            let own = own.filter_map(|(policy, subject)| Some((policy, subject?)));
            let own = own.flat_map(|(policy, subject)| {
                rules_of(policy, subject).filter(move |rule| is_own(rule, subject))
            });
            near.push(Near::to(own.filter(|rule| near.iter().all(|near| near.holds(rule)))));
        }
        let mut looked_at = 0;
        let mut rules = |policy: &'a Policy, subject: Option<&'a Subject>| -> Vec<&'a Rule> {
            let all = subject.into_iter().flat_map(|subject| rules_of(policy, subject));
            let all = all.inspect(|_| looked_at += 1);
            all.filter(|rule| near.iter().all(|near| near.holds(rule))).collect()
        };
        let (before, after) = (rules(policies.0, was), rules(policies.1, is));
        let count = before.len() + after.len();
        if !work.spend(1 + looked_at + count * PATTERN) || (own_only && count == 0) {
            return None;
        }
        let mut numbers = Numbers::default();
        let heads = heads(touches, &mut numbers, facts, work)?;
        let mut needed = BTreeSet::new();
        for (rules, subject) in [(&before, was), (&after, is)] {
            for (rule, subject) in rules.iter().filter_map(|rule| Some((rule, subject?))) {
                let own = rule.names.iter().flat_map(|glob| numbers.of(glob, subject)).collect::<Vec<_>>();
                needed.extend(own.into_iter().filter(|_| own_only && is_own(rule, subject)));
            }
        }
        if numbers.missed {
            work.miss();
        }
        // The end of an unchanged account adds no time to the conditions.
        let (first, second) = if was != is || person.ends_otherwise() { person.ends() } else { (None, None) };
        let ends = [first, second].into_iter().flatten();
        let conditions = conditions(before.iter().chain(&after).copied(), ends, at, work);
        let lives = |one: Person<'_>| (one.before.is_some(), one.after.is_some());
        let place = |rule: &&Rule| std::ptr::from_ref(*rule).addr();
        let signature = Signature {
            own_only,
            touched: touches.iter().map(|touch| (place(&touch.rule), touch.selectors.clone())).collect(),
            rules: (before.iter().map(place).collect(), after.iter().map(place).collect()),
            filled: std::mem::take(&mut numbers.filled),
            lives: conditions.iter().map(|one| person.at(one.1)).map(lives).collect(),
        };
        let (patterns, needed) = (numbers.in_order(), own_only.then_some(needed));
        let tiers = before.iter().chain(&after).map(|rule| rule.priority).collect();
        Some((Self { before, after, tiers, patterns, needed, heads, conditions }, signature))
    }
}

/// Returns the touched rules of each pattern, by the number of the pattern.
fn heads<'a>(
    touches: &[Touch<'a>],
    numbers: &mut Numbers,
    facts: &mut Facts,
    work: &mut Work,
) -> Option<Vec<Vec<Head<'a>>>> {
    let mut heads: Vec<Vec<Head<'a>>> = Vec::new();
    for touch in touches {
        let rule = touch.rule;
        for glob in rule.names.iter().filter(|glob| touch.only.is_none_or(|only| only == glob.as_str())) {
            let own = numbers.of(glob, touch.subject);
            heads.resize_with(heads.len().max(numbers.numbers.len()), Vec::new);
            if !work.spend(1 + own.len() * touch.selectors.len() * rule.services.len()) {
                return None;
            }
            for (selector, services) in
                touch.selectors.iter().flat_map(|one| rule.services.iter().map(move |other| (one, other)))
            {
                let area = facts.area(Area {
                    selector: selector.clone(),
                    name: glob.to_string(),
                    service: services.clone(),
                });
                for number in &own {
                    if let Some(heads) = heads.get_mut(*number) {
                        heads.push(Head { rule, services, area });
                    }
                }
            }
        }
    }
    Some(heads)
}

/// A filter for rules that may match the same names as given rules. The filter compares types and the beginnings of
/// names.
struct Near<'a> {
    types: Vec<&'a TypePattern>,
    /// The literal segments at the beginning of each name glob.
    beginnings: BTreeSet<Vec<&'a str>>,
}

impl<'a> Near<'a> {
    fn to(rules: impl Iterator<Item = &'a Rule>) -> Self {
        let mut near = Self { types: Vec::new(), beginnings: BTreeSet::new() };
        for rule in rules {
            if !near.types.contains(&&rule.resource_type) {
                near.types.push(&rule.resource_type);
            }
            near.beginnings.extend(rule.names.iter().map(|glob| glob.leading().collect::<Vec<_>>()));
        }
        near
    }

    fn holds(&self, rule: &Rule) -> bool {
        let any = TypePattern::Any;
        let own = &rule.resource_type;
        self.types.iter().any(|of| **of == any || *own == any || *of == own)
            && rule.names.iter().any(|glob| self.may_begin(glob))
    }

    /// Returns true if the beginning of the glob and a stored beginning are equal, or if one of them starts with
    /// the other.
    fn may_begin(&self, glob: &NameGlob) -> bool {
        let own: Vec<&str> = glob.leading().collect();
        let mut shorter = (0..own.len()).filter_map(|length| own.get(..length));
        shorter.any(|beginning| self.beginnings.contains(beginning))
            || self.beginnings.range(own.clone()..).next().is_some_and(|next| next.starts_with(&own))
    }
}

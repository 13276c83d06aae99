//! What two policies say of one person, as far as changed rules are about it.

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

/// What it costs to take a pattern in, beside looking at its rule.
const PATTERN: usize = 8;

/// Somebody before and after.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    pub(super) before: Option<&'a Account>,
    pub(super) after: Option<&'a Account>,
}

impl<'a> Person<'a> {
    /// Somebody who stays the same.
    pub(super) fn unchanged(account: &'a Account) -> Self {
        Self { before: Some(account), after: Some(account) }
    }

    /// As rules saw and see them.
    pub(super) fn subjects(&self) -> (Option<&'a Subject>, Option<&'a Subject>) {
        (self.before.map(|one| &one.subject), self.after.map(|one| &one.subject))
    }

    /// The same at some moment: without the states that have ended by then.
    pub(super) fn at(&self, at: Timestamp) -> Self {
        let living = |one: &&Account| one.lives_at(at);
        Self { before: self.before.filter(living), after: self.after.filter(living) }
    }

    /// Whether their own end makes a difference.
    pub(super) fn ends_otherwise(&self) -> bool {
        self.ends().0 != self.ends().1
    }

    fn ends(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.before.and_then(|one| one.until), self.after.and_then(|one| one.until))
    }
}

/// A rule that may decide otherwise now.
pub(super) struct Touch<'a> {
    pub(super) rule: &'a Rule,
    /// The person, as it matches the rule.
    pub(super) subject: &'a Subject,
    /// Whom rows are about.
    pub(super) selectors: Vec<String>,
    /// The only one of its globs that is looked at, where it is not all.
    pub(super) only: Option<&'a str>,
}

/// What a pattern belongs to.
pub(super) struct Head<'a> {
    pub(super) rule: &'a Rule,
    pub(super) services: &'a ServiceGlob,
    pub(super) area: usize,
}

impl Head<'_> {
    /// Whether the rule may be why an action is decided otherwise, among rules of these tiers. Where it
    /// may not, another rule is, and tells it.
    pub(super) fn may_decide(&self, action: &Action, tiers: &BTreeSet<i32>) -> bool {
        // INVARIANT: a deny takes the star in whatever tier, and whatever it lists.
        self.rule.lists(action)
            || (action.is_every() && self.rule.effect == Effect::Deny)
            || tiers.iter().any(|tier| *tier != self.rule.priority)
    }
}

/// What both policies say of one person.
pub(super) struct View<'a> {
    /// The rules that may decide in the old policy, and in the new one.
    pub(super) before: Vec<&'a Rule>,
    pub(super) after: Vec<&'a Rule>,
    /// Their tiers.
    pub(super) tiers: BTreeSet<i32>,
    pub(super) patterns: Vec<Pattern>,
    /// The patterns of which one at least must fit; none where it does not matter.
    pub(super) needed: Option<BTreeSet<usize>>,
    /// For each of the first patterns what it belongs to.
    pub(super) heads: Vec<Vec<Head<'a>>>,
    pub(super) conditions: Vec<Condition>,
}

/// What makes two people alike: the rules about them, by their places in memory, the selectors, and
/// what they have for placeholders.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Signature {
    own_only: bool,
    touched: Vec<(usize, Vec<String>)>,
    rules: (Vec<usize>, Vec<usize>),
    filled: Vec<Pattern>,
    /// At which conditions they are there, before and after.
    lives: Vec<(bool, bool)>,
}

/// The enabled rules about a subject. One that names several selectors of the subject is there
/// several times.
pub(super) fn rules_of<'a>(policy: &'a Policy, subject: &'a Subject) -> impl Iterator<Item = &'a Rule> {
    let rules = policy.buckets(subject).flat_map(|bucket| bucket.all().iter()).map(|rule| &**rule);
    rules.filter(move |rule| rule.matches_subject(subject))
}

/// Whether a rule is about the subject otherwise than about anybody who signs in.
fn is_own(rule: &Rule, subject: &Subject) -> bool {
    let names = |selector: &Selector| {
        matches!(selector, Selector::User(_) | Selector::Robot(_) | Selector::Group(_))
            && selector.matches(subject)
    };
    rule.subjects.iter().any(names) || rule.names.iter().any(|glob| glob.has_placeholder())
}

/// Patterns, each with the number under which it came first.
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
            // An empty one ends those of a glob.
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
    /// Looks at the rules of both policies that may decide where the touched ones match. Where a
    /// stranger is looked at too, only what the person's own rules are about matters: on all other names
    /// the person is decided about as the stranger is. `None` where nothing is left, or too much work.
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
        // Nothing is said of those who stay the same from when they end.
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

/// What each pattern of the touched rules belongs to.
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

/// Which rules may match where others do, as far as their types and the beginnings of names tell.
struct Near<'a> {
    types: Vec<&'a TypePattern>,
    /// The literal segments that names begin with.
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

    /// Whether one of the beginnings goes on where that of the glob ends, or the other way round.
    fn may_begin(&self, glob: &NameGlob) -> bool {
        let own: Vec<&str> = glob.leading().collect();
        let mut shorter = (0..own.len()).filter_map(|length| own.get(..length));
        shorter.any(|beginning| self.beginnings.contains(beginning))
            || self.beginnings.range(own.clone()..).next().is_some_and(|next| next.starts_with(&own))
    }
}

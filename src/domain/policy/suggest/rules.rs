//! Suggestions about one rule: finds the actions, subjects and names that nobody used, and rules that nobody used.
//! Also decides which rules are judged.

use super::credit::Credit;
use super::names::narrower;
use super::seen::{Narrowing, Observed, Person, Suggested, SuggestionKind};
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::{Effect, Rule, TypePattern};
use crate::domain::resource::{Action, ActionSet, REPOSITORY_ACTIONS};
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectRef};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// The smallest number of different used names after which the names of a rule are narrowed.
const FEW_NAMES: usize = 3;
/// The smallest number of uses after which the names of a rule are narrowed, even if few names were used.
const FEW_USES: i64 = 100;

/// The age of a subject of a rule, compared with the period of the use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// The subject did not change in the period.
    Old,
    /// The subject changed in the period, or one of its members did.
    Young,
    /// No such account or group exists.
    Missing,
}

/// The facts by which rules are judged.
pub(super) struct Judge<'a> {
    pub(super) policy: &'a Policy,
    pub(super) observed: Observed<'a>,
    /// Each user and robot; true if the account is old enough for a judgement.
    accounts: BTreeMap<&'a SubjectRef, bool>,
    /// The groups with a member who is not old enough.
    young_groups: BTreeSet<&'a GroupName>,
    lowest: Lowest<'a>,
}

/// The lowest priorities of allow rules, by the selectors of the rules.
#[derive(Default)]
struct Lowest<'a> {
    accounts: BTreeMap<&'a Selector, i32>,
    any_account: Option<i32>,
    /// The lowest priority of allow rules for groups and for `authenticated`.
    wide: Option<i32>,
    anonymous: Option<i32>,
    everyone: Option<i32>,
}

fn lower(one: &mut Option<i32>, priority: i32) {
    *one = Some(one.map_or(priority, |known| known.min(priority)));
}

impl<'a> Lowest<'a> {
    fn note(&mut self, selector: &'a Selector, priority: i32) {
        match selector {
            Selector::User(_) | Selector::Robot(_) => {
                let own = self.accounts.entry(selector).or_insert(priority);
                *own = priority.min(*own);
                lower(&mut self.any_account, priority);
            }
            Selector::Group(_) | Selector::Authenticated => lower(&mut self.wide, priority),
            Selector::Anonymous => lower(&mut self.anonymous, priority),
            Selector::Everyone => lower(&mut self.everyone, priority),
        }
    }

    /// Returns the lowest priority among the allow rules that may match a subject that this selector selects.
    fn beside(&self, selector: &Selector) -> Option<i32> {
        let own = match selector {
            Selector::User(_) | Selector::Robot(_) => vec![self.accounts.get(selector).copied(), self.wide],
            Selector::Group(_) | Selector::Authenticated => vec![self.any_account, self.wide],
            Selector::Anonymous => vec![self.anonymous],
            Selector::Everyone => vec![self.any_account, self.wide, self.anonymous],
        };
        own.into_iter().chain([self.everyone]).flatten().min()
    }
}

fn allows(rule: &Rule) -> bool {
    rule.enabled && rule.effect == Effect::Allow
}

impl<'a> Judge<'a> {
    pub(super) fn new(policy: &'a Policy, observed: &Observed<'a>) -> Self {
        let account = |person: &'a Person| Some((person.subject.identity.as_ref()?, person.is_old));
        let young = observed.people.iter().filter(|person| !person.is_old);
        let mut lowest = Lowest::default();
        for rule in policy.rules().filter(|rule| allows(rule) && rule.resource_type.fits_repositories()) {
            rule.subjects.iter().for_each(|selector| lowest.note(selector, rule.priority));
        }
        Self {
            policy,
            observed: *observed,
            accounts: observed.people.iter().filter_map(account).collect(),
            young_groups: young.flat_map(|person| &person.subject.groups).collect(),
            lowest,
        }
    }

    /// Returns the rules that the reported use is enough to judge.
    pub(super) fn judged(&self) -> impl Iterator<Item = &'a Rule> {
        self.policy.rules().filter(|rule| self.is_judged(rule))
    }

    /// Returns the rules that cannot be judged yet, because they changed in the period.
    pub(super) fn young(&self) -> impl Iterator<Item = &'a Rule> {
        self.policy.rules().filter(|rule| self.is_covered(rule) && self.is_young(rule))
    }

    pub(super) fn is_judged(&self, rule: &Rule) -> bool {
        self.is_covered(rule) && !self.is_young(rule)
    }

    /// Returns true if the rule changed in the period.
    pub(super) fn is_young(&self, rule: &Rule) -> bool {
        self.observed.young.contains_key(&rule.name)
    }

    /// Returns true if the reported use covers everything that the rule allows. The rule must be an enabled allow
    /// rule for repositories only, and must have been valid in the whole period. The use of all its services must
    /// be known in full.
    fn is_covered(&self, rule: &Rule) -> bool {
        let observed = &self.observed;
        allows(rule)
            && matches!(&rule.resource_type, TypePattern::Exactly(of) if of.is_repository())
            && rule.not_before.is_none_or(|begin| begin <= observed.since)
            && rule.not_after.is_none_or(|end| observed.at < end)
            && !observed.unknown.iter().any(|service| rule.matches_service(service))
    }

    /// Returns true if the rule may hide an allow rule of a lower priority. If the rule matched less, the hidden
    /// rule could grant more.
    pub(super) fn may_hide(&self, rule: &Rule) -> bool {
        let hides = |one: &Selector| self.lowest.beside(one).is_some_and(|lowest| rule.priority > lowest);
        rule.subjects.iter().any(hides)
    }

    /// Returns the age of a subject of a rule. `authenticated` and `everyone` match new accounts all the time. A
    /// new account makes these selectors young only if the rule's names have a placeholder, because then each
    /// account has names of its own.
    fn age(&self, rule: &Rule, selector: &Selector) -> Age {
        let age = |is_old: bool| if is_old { Age::Old } else { Age::Young };
        match selector {
            Selector::User(_) | Selector::Robot(_) => {
                let account = SubjectRef::parse(&selector.to_string()).ok();
                account.and_then(|account| self.accounts.get(&account)).map_or(Age::Missing, |old| age(*old))
            }
            Selector::Group(name) if !self.observed.groups.contains_key(name) => Age::Missing,
            Selector::Group(name) => age(self.is_old_group(name) && !self.young_groups.contains(name)),
            Selector::Anonymous => Age::Old,
            Selector::Authenticated | Selector::Everyone => {
                let is_fixed = !rule.names.iter().any(NameGlob::has_placeholder);
                age(is_fixed || self.observed.people.iter().all(|person| person.is_old))
            }
        }
    }

    fn has_young_subject(&self, rule: &Rule) -> bool {
        rule.subjects.iter().any(|selector| self.age(rule, selector) == Age::Young)
    }

    /// Returns true if the group and its list of members did not change in the period.
    pub(super) fn is_old_group(&self, name: &GroupName) -> bool {
        self.observed.groups.get(name).is_some_and(|changed_at| *changed_at <= self.observed.since)
    }
}

fn texts<T: Display>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|one| one.to_string()).collect()
}

/// Returns the suggestions about a rule.
pub(super) fn of_rule(judge: &Judge<'_>, rule: &Rule, credit: Option<&Credit<'_>>) -> Vec<Suggested> {
    let name = &rule.name;
    let suggested = |kind, narrowing, removed| {
        let (asked, granted, used) =
            credit.map_or((0, 0, 0), |credit| (credit.asked, credit.granted, credit.used));
        Suggested { kind, narrowing, removed, asked, granted, used }
    };
    // A young subject may not have had the time to use the rule.
    let has_young = judge.has_young_subject(rule);
    let Some(credit) = credit.filter(|credit| !credit.actions.is_empty()) else {
        if judge.may_hide(rule) || has_young {
            return Vec::new();
        }
        let narrowing = Narrowing::Disabled(name.clone());
        return vec![suggested(SuggestionKind::UnusedRule, narrowing, Vec::new())];
    };
    let mut suggestions = Vec::new();
    if let Some(actions) = fewer_actions(rule, &credit.actions).filter(|_| !has_young) {
        let removed = texts(rule.actions.iter().filter(|action| !actions.contains(action)));
        let narrowing = Narrowing::Actions(name.clone(), actions);
        suggestions.push(suggested(SuggestionKind::UnusedActions, narrowing, removed));
    }
    let both = || rule.subjects.iter().zip(&credit.subjects);
    let stays = |(selector, is_used): &(&Selector, &bool)| **is_used || judge.age(rule, selector) != Age::Old;
    let subjects: Box<[Selector]> = both().filter(stays).map(|(selector, _)| selector.clone()).collect();
    let fewer = subjects.len() < rule.subjects.len();
    let cuts_names = has_enough(credit) && !has_young;
    let names = cuts_names.then(|| narrower(&rule.names, &credit.names)).flatten();
    if (!fewer && names.is_none()) || judge.may_hide(rule) {
        return suggestions;
    }
    if fewer {
        let removed = texts(both().filter(|pair| !stays(pair)).map(|(selector, _)| selector));
        let narrowing = Narrowing::Subjects(name.clone(), subjects);
        suggestions.push(suggested(SuggestionKind::UnusedMembers, narrowing, removed));
    }
    if let Some(names) = names {
        let removed = texts(rule.names.iter().filter(|glob| !names.contains(glob)));
        let narrowing = Narrowing::Names(name.clone(), names);
        suggestions.push(suggested(SuggestionKind::NarrowerNames, narrowing, removed));
    }
    suggestions
}

fn has_enough(credit: &Credit<'_>) -> bool {
    let names: BTreeSet<&str> = credit.names.iter().flatten().copied().collect();
    credit.used >= FEW_USES || names.len() >= FEW_NAMES
}

/// Returns the actions of a rule without those that nobody used; `None` if all actions stay. Registries report no
/// other actions than pull, push and delete, so other actions stay. The used actions replace a `*`. Old registries
/// require `*` for a deletion, so a rule with `*` and a used deletion keeps all actions.
fn fewer_actions(rule: &Rule, used: &ActionSet) -> Option<ActionSet> {
    let is_known = |action: &Action| REPOSITORY_ACTIONS.contains(&action.as_str());
    let is_delete = |action: &Action| action.as_str() == "delete";
    let keeps_every = rule.actions.has_every() && used.iter().any(is_delete);
    if keeps_every {
        return None;
    }
    let own = rule.actions.iter().filter(|action| !action.is_every() && !is_known(action));
    let actions: ActionSet = own.chain(used.iter()).cloned().collect();
    (actions != rule.actions).then_some(actions)
}

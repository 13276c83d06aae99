//! Warns of a rule whose tier decides alone, and so hides grants of lower tiers.
//!
//! INVARIANT: the warning is certain: an action of an example is granted without the rule, or without all rules of
//! its tier, and is not granted with them. The rule does not list that action, and no other rule of the tier denies
//! it. The search is not complete: it is bounded, and it finds no examples that need patterns of more than one
//! rule.

use super::fix;
use super::known::Known;
use crate::domain::policy::coverage;
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::{Effect, Rule, RuleName, TypePattern};
use crate::domain::policy::witness::{self, Case};
use crate::domain::resource::{Action, REPOSITORY_ACTIONS, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The greatest number of other rules that are examined.
const MOST_OTHERS: usize = 10_000;
/// The greatest number of pairs of selectors and of patterns that are compared.
const MOST_PAIRS: usize = 50_000;
/// The greatest number of hidden rules that a warning names.
const MOST_NAMED: usize = 8;
/// The greatest number of selectors, and of patterns for each selector, that are tried with examples for one pair
/// of rules.
const MOST_TRIED: usize = 16;

/// Returns the lowest priority of an enabled allow rule among the first [`MOST_OTHERS`] rules, by name.
pub(super) fn lowest(policy: &Policy) -> Option<i32> {
    let allows = |rule: &&Rule| rule.enabled && rule.effect == Effect::Allow;
    policy.rules().take(MOST_OTHERS).filter(allows).map(|rule| rule.priority).min()
}

/// Warns of the actions that `rule` hides, as far as the search finds them.
pub(super) fn hides_lower(policy: &Policy, rule: &Rule, known: &Known<'_>) -> Option<Warning> {
    let is_lowest = known.lowest_tier.is_some_and(|lowest| rule.priority <= lowest);
    if is_lowest || rule.actions.has_every() || rule.not_after.is_some_and(|end| end <= known.at) {
        return None;
    }
    let (mut without, mut lost) = (None, Lost::default());
    let budget = Cell::new(MOST_PAIRS);
    for other in policy.rules().take(MOST_OTHERS) {
        if !is_lower(rule, other) || !share_a_beginning(rule, other, &budget) {
            continue;
        }
        let Some(meeting) = Meeting::of(rule, other, known) else {
            continue;
        };
        let without = without.get_or_insert_with(|| policy.without_rule(&rule.name));
        meeting.examples(known, &budget).any(|one| meeting.loses(&one, policy, without, &mut lost));
        if lost.rules.len() > MOST_NAMED {
            break;
        }
    }
    lost.warning(policy, rule)
}

/// The actions that a rule hides, and the rules that would allow them.
#[derive(Default)]
struct Lost {
    /// The pattern of the rule that matches the first example with a hidden action.
    glob: Option<String>,
    actions: BTreeSet<Action>,
    /// The rules that would allow the actions, with their priorities.
    rules: BTreeMap<RuleName, i32>,
    /// True if other rules of the same tier also hide some of the actions.
    is_shared: bool,
}

impl Lost {
    fn warning(&self, policy: &Policy, rule: &Rule) -> Option<Warning> {
        let (glob, own, lower) = (self.glob.as_ref()?, rule.priority, *self.rules.values().min()?);
        let is_alone =
            !policy.rules().any(|other| other.enabled && other.priority == own && other.name != rule.name);
        let who = if is_alone { "only this rule counts" } else { "only the rules of that priority count" };
        let quoted = |actions: &mut dyn Iterator<Item = &Action>| {
            fix::listed(&actions.map(|action| format!("`{action}`")).collect::<Vec<_>>())
        };
        let actions = quoted(&mut self.actions.iter());
        let is = if self.actions.len() == 1 { "is" } else { "are" };
        let by = self.allowed_by();
        let down = fix::update(rule, &[("--priority", &lower)]);
        let fix = match rule.effect {
            Effect::Deny => format!("To deny {} alone: {down}", quoted(&mut rule.actions.iter())),
            Effect::Allow => {
                let list: Vec<String> = self.actions.iter().map(ToString::to_string).collect();
                let add = fix::update(rule, &[("--add-action", &list.join(","))]);
                let mut fix = format!("To keep what this rule hides: {down}");
                if !self.is_shared && self.actions.iter().all(|action| self.was_given(policy, rule, action)) {
                    fix.push_str(&format!(". To allow it as well: {add}"));
                }
                fix
            }
        };
        let higher = self.rules.values().any(|priority| *priority > lower);
        let higher = if higher { "; rules of a higher priority then decide before this rule" } else { "" };
        let message = format!(
            "at priority {own} {who} on `{glob}`, so {actions} (allowed by {by}) {is} lost. {fix}{higher}"
        );
        Some(Warning::new("hides-lower-tier", message))
    }

    /// Returns true if a hidden rule allowed the action to all subjects of `rule`, wherever and whenever `rule`
    /// applies. In that case, adding the action to `rule` gives nobody more rights.
    fn was_given(&self, policy: &Policy, rule: &Rule, action: &Action) -> bool {
        self.rules.keys().filter_map(|name| policy.rule(name)).any(|by| {
            let decides_before = |other: &Rule| {
                let denies = other.effect == Effect::Deny && other.lists(action);
                other.enabled
                    && other.priority < rule.priority
                    && (other.priority > by.priority || (other.priority == by.priority && denies))
            };
            by.lists(action)
                && coverage::everybody(by, rule)
                && coverage::everywhere(by, rule)
                && !policy.rules().any(decides_before)
        })
    }

    /// Returns the names of the hidden rules, grouped by priority.
    fn allowed_by(&self) -> String {
        let mut tiers: BTreeMap<Reverse<i32>, Vec<String>> = BTreeMap::new();
        for (name, priority) in self.rules.iter().take(MOST_NAMED) {
            tiers.entry(Reverse(*priority)).or_default().push(format!("`{name}`"));
        }
        let tier = |(priority, names): (Reverse<i32>, Vec<String>)| {
            format!("{} at priority {}", fix::listed(&names), priority.0)
        };
        let mut told: Vec<String> = tiers.into_iter().map(tier).collect();
        if self.rules.len() > MOST_NAMED {
            told.push("others".to_owned());
        }
        told.join(", ")
    }
}

/// Returns true if `other` is in a lower tier and allows an action that `rule` does not list.
fn is_lower(rule: &Rule, other: &Rule) -> bool {
    other.enabled
        && other.effect == Effect::Allow
        && other.priority < rule.priority
        && other.actions.iter().any(|action| !rule.actions.contains(action))
}

/// Takes one unit from the budget. Returns false if the budget was empty.
fn spend(budget: &Cell<usize>) -> bool {
    budget.replace(budget.get().saturating_sub(1)) > 0
}

/// Returns true if some name can begin like a pattern of `rule` and like a pattern of `other`. The check is cheap,
/// and false for most rules.
fn share_a_beginning(rule: &Rule, other: &Rule, budget: &Cell<usize>) -> bool {
    pairs(&rule.names, &other.names).take_while(|_| spend(budget)).any(|(one, two)| {
        let (one, two) = (one.beginning(), two.beginning());
        one.starts_with(two) || two.starts_with(one)
    })
}

/// A service, type, address and time that match both rules.
struct Meeting<'a> {
    rule: &'a Rule,
    other: &'a Rule,
    resource_type: ResourceType,
    service: &'a ServiceName,
    address: IpAddr,
    at: Timestamp,
}

/// A subject and a name that match both rules.
struct Example {
    subject: Subject,
    name: ResourceName,
}

impl<'a> Meeting<'a> {
    fn of(rule: &'a Rule, other: &'a Rule, known: &Known<'a>) -> Option<Self> {
        let resource_type = match (&rule.resource_type, &other.resource_type) {
            (TypePattern::Exactly(one), TypePattern::Exactly(two)) if one != two => return None,
            (TypePattern::Exactly(one), _) | (_, TypePattern::Exactly(one)) => one.clone(),
            (TypePattern::Any, TypePattern::Any) => witness::resource_type(rule)?,
        };
        let is_for_both = |name: &&ServiceName| rule.matches_service(name) && other.matches_service(name);
        let service = known.services.keys().find(is_for_both)?;
        let is_in_both = |at: &IpAddr| rule.matches_network(Some(*at)) && other.matches_network(Some(*at));
        let address = [witness::address(rule), witness::address(other)].into_iter().find(is_in_both)?;
        let at = witness::moment(other, witness::moment(rule, known.at));
        let holds = at >= known.at && rule.matches_time(at) && other.matches_time(at);
        holds.then_some(Self { rule, other, resource_type, service, address, at })
    }

    /// Returns examples that match both rules, until the budget is empty.
    fn examples(&self, known: &Known<'a>, budget: &Cell<usize>) -> impl Iterator<Item = Example> {
        let selectors: Vec<Subjects<'a>> = pairs(&self.rule.subjects, &self.other.subjects)
            .take_while(|_| spend(budget))
            .filter_map(|(one, two)| Subjects::of_both(one, two, known))
            .collect();
        let globs: Vec<&'a NameGlob> = pairs(&self.rule.names, &self.other.names)
            .take_while(|_| spend(budget))
            .flat_map(|(one, two)| narrower(one, two))
            .collect();
        let (rule, other, of) = (self.rule, self.other, self.resource_type.clone());
        selectors.into_iter().take(MOST_TRIED).flat_map(move |subjects| {
            let of = of.clone();
            let tried = globs.clone().into_iter().take(MOST_TRIED);
            tried.filter_map(move |glob| {
                let subject = subjects.example(glob)?;
                let names = witness::names(glob, &of, &subject).into_iter();
                let fits = |name: &ResourceName| {
                    [rule, other]
                        .iter()
                        .all(|rule| rule.matches_subject(&subject) && rule.matches_name(name, &subject))
                };
                let name = names.into_iter().find(fits)?;
                Some(Example { subject, name })
            })
        })
    }

    fn case<'c>(&'c self, example: &'c Example, action: &'c Action) -> Case<'c> {
        Case {
            service: self.service,
            resource_type: &self.resource_type,
            name: &example.name,
            action,
            address: Some(self.address),
            at: self.at,
        }
    }

    /// Returns true if the rule hides an action from the example, and notes every hidden action in `lost`.
    fn loses(&self, example: &Example, policy: &Policy, without: &Policy, lost: &mut Lost) -> bool {
        let allowed = self.other.actions.iter().flat_map(|action| concrete(&self.resource_type, action));
        let unnamed: Vec<Action> = allowed.filter(|action| !self.rule.lists(action)).collect();
        let subject = &example.subject;
        let mut is_any = false;
        for action in &unnamed {
            let case = self.case(example, action);
            if case.is_granted(policy, subject) {
                continue;
            }
            let alone = case.allowing(without, subject);
            let is_shared = alone.is_empty();
            let by = if is_shared { case.hidden_by(self.rule.priority, policy, subject) } else { alone };
            if by.is_empty() {
                continue;
            }
            for name in by {
                let priority = policy.rule(&name).map_or(self.other.priority, |by| by.priority);
                lost.rules.insert(name, priority);
            }
            lost.actions.insert(action.clone());
            lost.is_shared |= is_shared;
            is_any = true;
        }
        if is_any && lost.glob.is_none() {
            let own = self.rule.names.iter().find(|glob| glob.matches(&example.name, &example.subject));
            lost.glob = own.map(ToString::to_string);
        }
        is_any
    }
}

fn pairs<'a, T>(ones: &'a [T], others: &'a [T]) -> impl Iterator<Item = (&'a T, &'a T)> {
    ones.iter().flat_map(move |one| others.iter().map(move |other| (one, other)))
}

/// Returns the narrower of two patterns if one covers the other; otherwise returns both patterns.
fn narrower<'a>(one: &'a NameGlob, two: &'a NameGlob) -> Vec<&'a NameGlob> {
    if coverage::name(one, two) {
        vec![two]
    } else if coverage::name(two, one) {
        vec![one]
    } else {
        vec![one, two]
    }
}

/// The subjects that match both of two selectors.
struct Subjects<'a> {
    selector: &'a Selector,
    /// The second selector, if it is a group and these subjects are its members.
    group: Option<&'a Selector>,
}

impl<'a> Subjects<'a> {
    fn of_both(one: &'a Selector, two: &'a Selector, known: &Known<'_>) -> Option<Self> {
        let is_member = |named: &Selector, group: &Selector| match group {
            Selector::Group(group) => known.groups.get(named).is_some_and(|groups| groups.contains(group)),
            _ => false,
        };
        if coverage::selector(one, two) {
            Some(Self { selector: two, group: None })
        } else if coverage::selector(two, one) {
            Some(Self { selector: one, group: None })
        } else if is_member(one, two) {
            Some(Self { selector: one, group: Some(two) })
        } else if is_member(two, one) {
            Some(Self { selector: two, group: Some(one) })
        } else {
            None
        }
    }

    /// Returns a matching subject that has a value for each placeholder of the glob.
    fn example(&self, glob: &NameGlob) -> Option<Subject> {
        let mut subject = witness::subject_for(self.selector, glob)?;
        if let Some(Selector::Group(group)) = self.group {
            subject.groups.insert(group.clone());
        }
        Some(subject)
    }
}

/// Returns the actions that a listed action means: `*` on a repository means the three known actions.
fn concrete(of: &ResourceType, action: &Action) -> Vec<Action> {
    if action.is_every() && of.is_repository() {
        REPOSITORY_ACTIONS.iter().filter_map(|text| Action::parse(text).ok()).collect()
    } else {
        vec![action.clone()]
    }
}

//! Why a question is decided as it is: the story of every asked action.
//!
//! Looks at every rule when no rule about the subject explains a refusal, so it is for those who
//! ask and for the log, not for the way of each request.
//!
//! INVARIANT: says `granted` exactly when `evaluate` grants.

use super::decision::{Because, Explanation, Field, NearMiss};
use super::evaluate::{Question, asked};
use super::index::{Bucket, Policy};
use super::rule::{Effect, Rule, RuleName};
use crate::domain::resource::Action;
use crate::domain::scope::ResourceScope;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many near misses an explanation names.
const MAX_NEAR_MISSES: usize = 5;

impl Policy {
    /// Tells why, for every action asked on every resource, in the order of the scopes. A `*`
    /// asked on a repository is told as `*`, `delete`, `pull` and `push`.
    #[must_use]
    pub fn explain(&self, q: &Question<'_>) -> Vec<Explanation> {
        self.explain_among(q, self)
    }

    /// The same for the log: near misses are sought among the rules about the subject only, so that
    /// a refusal costs no more than the decision did, however many rules there are.
    #[must_use]
    pub fn explain_briefly(&self, q: &Question<'_>) -> Vec<Explanation> {
        self.explain_among(q, &Policy::default())
    }

    /// `others` is where rules about other subjects are looked for.
    fn explain_among(&self, q: &Question<'_>, others: &Policy) -> Vec<Explanation> {
        // By rank, and each rule once.
        let about: BTreeMap<(Reverse<i32>, &RuleName), &Rule> = self
            .buckets(q.subject)
            .flat_map(Bucket::rules)
            .map(|rule| ((Reverse(rule.priority), &rule.name), rule))
            .collect();
        let about: Vec<&Rule> = about.into_values().collect();
        let mut story = Vec::new();
        for scope in q.scopes {
            let passing: Vec<&Rule> = about.iter().copied().filter(|rule| q.passes(rule, scope)).collect();
            for action in asked(scope).iter() {
                story.push(explain_action(q, scope, action, &about, &passing, others));
            }
        }
        story
    }
}

fn explain_action(
    q: &Question<'_>,
    scope: &ResourceScope,
    action: &Action,
    about: &[&Rule],
    passing: &[&Rule],
    others: &Policy,
) -> Explanation {
    let top = passing.first().map(|rule| rule.priority);
    let in_tier = |rule: &Rule| Some(rule.priority) == top;
    let allowed_by: Vec<RuleName> = passing
        .iter()
        .filter(|r| r.effect == Effect::Allow && in_tier(r) && r.lists(action))
        .map(|rule| rule.name.clone())
        .collect();
    let denied_by = passing
        .iter()
        .find(|rule| {
            let counts = action.is_every() || (in_tier(rule) && rule.lists(action));
            rule.effect == Effect::Deny && counts
        })
        .map(|rule| rule.name.clone());
    let allowed = !allowed_by.is_empty() && denied_by.is_none();
    let granted = allowed && q.permits(scope, action);
    let mut because =
        Because { restricted: allowed && !granted, allowed_by, denied_by, ..Because::default() };
    if because.allowed_by.is_empty() && because.denied_by.is_none() {
        let tried = Tried { q, scope, action, top };
        because.near_misses = tried.near_misses(about, others);
        if because.near_misses.is_empty() {
            because.nothing_matches = tried.nothing_matches(about, others);
        }
    }
    Explanation {
        resource_type: scope.resource_type.clone(),
        name: scope.name.clone(),
        action: action.clone(),
        granted,
        because,
    }
}

/// One action that no rule allows, and what it is held against.
struct Tried<'a> {
    q: &'a Question<'a>,
    scope: &'a ResourceScope,
    action: &'a Action,
    /// The tier that decided, if any rule passed at all.
    top: Option<i32>,
}

impl Tried<'_> {
    fn matches(&self, rule: &Rule, field: Field) -> bool {
        match field {
            Field::Subject => rule.matches_subject(self.q.subject),
            Field::Service => rule.matches_service(self.q.service),
            Field::Type => rule.resource_type.matches(&self.scope.resource_type),
            Field::Name => rule.matches_name(&self.scope.name, self.q.subject),
            Field::Action => rule.lists(self.action),
            Field::Network => rule.matches_network(self.q.address),
            Field::Time => rule.matches_time(self.q.at),
            Field::Tier => self.top.is_none_or(|top| rule.priority >= top),
        }
    }

    /// The one field that `rule` fails, if it is exactly one.
    fn only_failure(&self, rule: &Rule) -> Option<Field> {
        let mut failing = Field::ALL.into_iter().filter(|field| !self.matches(rule, *field));
        let only = failing.next()?;
        failing.next().is_none().then_some(only)
    }

    /// Allow rules that fail one field: those about the subject first, then by priority and name.
    fn near_misses(&self, about: &[&Rule], others: &Policy) -> Vec<NearMiss> {
        let near = |rule: &Rule| {
            (rule.effect == Effect::Allow && rule.enabled)
                .then(|| self.only_failure(rule))
                .flatten()
                .map(|failed| NearMiss { rule: rule.name.clone(), failed })
        };
        let mut nearest: Vec<NearMiss> =
            about.iter().filter_map(|rule| near(rule)).take(MAX_NEAR_MISSES).collect();
        if nearest.len() < MAX_NEAR_MISSES {
            // INVARIANT: `rules` is sorted by name, and the sort by priority is stable.
            let mut strangers: Vec<(i32, NearMiss)> = others
                .rules()
                .filter_map(|rule| near(rule).map(|near| (rule.priority, near)))
                .filter(|(_, near)| near.failed == Field::Subject)
                .collect();
            strangers.sort_by_key(|(priority, _)| Reverse(*priority));
            let room = MAX_NEAR_MISSES - nearest.len();
            nearest.extend(strangers.into_iter().map(|(_, near)| near).take(room));
        }
        nearest
    }

    /// The first field that no enabled allow rule matches.
    fn nothing_matches(&self, about: &[&Rule], others: &Policy) -> Option<Field> {
        Field::ALL.into_iter().find(|field| {
            !about
                .iter()
                .copied()
                .chain(others.rules())
                .filter(|rule| rule.effect == Effect::Allow && rule.enabled)
                .any(|rule| self.matches(rule, *field))
        })
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;

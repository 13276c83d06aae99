//! How a question is decided: in the highest tier present, allow minus deny.
//!
//! INVARIANT: nothing is granted that was not asked and that no rule allows; a deny always wins
//! inside its tier; the order of rules does not matter. What must not go in: work for explanations.

use super::bucket::Bucket;
use super::decision::Decision;
use super::index::{Candidates, Policy};
use super::name_asked::NameAsked;
use super::restriction::Restriction;
use super::rule::{Effect, Rule};
use super::rule_set::{Ranked, RuleSet};
use crate::domain::access::{Access, AccessEntry};
use crate::domain::resource::{Action, ActionSet, REPOSITORY_ACTIONS};
use crate::domain::scope::ResourceScope;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use std::borrow::Cow;
use std::net::IpAddr;

/// What is asked, by whom, from where and when.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub subject: &'a Subject,
    /// For which registry.
    pub service: &'a ServiceName,
    /// What is asked.
    pub scopes: &'a [ResourceScope],
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// Now.
    pub at: Timestamp,
    /// What the key presented may at most be used for.
    pub restriction: Option<&'a Restriction>,
}

impl Question<'_> {
    /// Step 1: whether everything about `rule` matches. Its subject comes last: it hardly ever does
    /// not, because the rule was found by it. `name` is that of the scope.
    pub(super) fn passes(&self, rule: &Rule, scope: &ResourceScope, name: &NameAsked<'_>) -> bool {
        rule.resource_type.matches(&scope.resource_type)
            && rule.matches_time(self.at)
            && rule.matches_asked(name)
            && rule.matches_service(self.service)
            && rule.matches_network(self.address)
            && rule.matches_subject(self.subject)
    }

    pub(super) fn permits(&self, scope: &ResourceScope, action: &Action) -> bool {
        self.restriction.is_none_or(|r| r.permits(&scope.resource_type, &scope.name, action))
    }
}

/// What a scope asks for: a `*` on a repository asks for the three known actions too.
pub(super) fn asked(scope: &ResourceScope) -> Cow<'_, ActionSet> {
    if scope.resource_type.is_repository() && scope.actions.has_every() {
        let known = REPOSITORY_ACTIONS.iter().filter_map(|a| Action::parse(a).ok());
        Cow::Owned(scope.actions.iter().cloned().chain(known).collect())
    } else {
        Cow::Borrowed(&scope.actions)
    }
}

/// Step 2: the passing rules of the highest tier present. A rule may stand in it twice.
fn tier<'a>(
    candidates: &'a Candidates<'_>,
    q: &Question<'_>,
    scope: &ResourceScope,
    name: &NameAsked<'_>,
) -> Vec<&'a Rule> {
    let mut tier: Vec<&Rule> = Vec::new();
    for set in candidates.sets() {
        for rule in set.iter() {
            let top = tier.first().map(|first| first.priority);
            if top.is_some_and(|top| rule.priority < top) {
                break;
            }
            if q.passes(rule, scope, name) {
                if top.is_some_and(|top| rule.priority > top) {
                    tier.clear();
                }
                tier.push(rule);
            }
        }
    }
    tier
}

/// Until when a tier grants an action that it does grant: the latest end among its allow rules.
fn end_of(tier: &[&Rule], action: &Action) -> Option<Timestamp> {
    let granting = tier.iter().filter(|rule| rule.effect == Effect::Allow && rule.lists(action));
    let mut latest = None;
    for rule in granting {
        // A rule without end makes the right endless, whatever the others say.
        latest = latest.max(Some(rule.not_after?));
    }
    latest
}

impl Policy {
    /// Decides a question.
    #[must_use]
    pub fn evaluate(&self, q: &Question<'_>) -> Decision {
        let buckets: Vec<&Bucket> = self.buckets(q.subject).collect();
        let mut end: Option<Timestamp> = None;
        let entries = q.scopes.iter().filter_map(|scope| {
            let candidates = Candidates::new(&buckets, &scope.name);
            let name = NameAsked::new(&scope.name, q.subject);
            let tier = tier(&candidates, q, scope, &name);
            let says =
                |effect, action: &Action| tier.iter().any(|rule| rule.effect == effect && rule.lists(action));
            let granted = |action: &&Action| {
                let free = |action: &Action| {
                    if action.is_every() {
                        !denied_anything(&candidates, q, scope, &name)
                    } else {
                        !says(Effect::Deny, action)
                    }
                };
                says(Effect::Allow, action) && q.permits(scope, action) && free(action)
            };
            let actions: ActionSet = asked(scope).iter().filter(granted).cloned().collect();
            for own in actions.iter().filter_map(|action| end_of(&tier, action)) {
                end = Some(end.map_or(own, |end| end.min(own)));
            }
            (!actions.is_empty()).then(|| AccessEntry {
                resource_type: scope.resource_type.clone(),
                name: scope.name.clone(),
                actions,
            })
        });
        let granted = Access::new(entries);
        Decision { granted, end }
    }

    /// Whether anonymous may have a token that grants nothing: some enabled allow for `anonymous`
    /// or `everyone` matches service, time and network.
    #[must_use]
    pub fn admits_anonymous(&self, service: &ServiceName, address: Option<IpAddr>, at: Timestamp) -> bool {
        self.admissions().any(|rule| {
            rule.matches_service(service) && rule.matches_time(at) && rule.matches_network(address)
        })
    }
}

/// Whether any deny passes step 1, in whatever tier and whatever its actions.
// SPEC: a literal `*` passes every check of a registry, so it is never granted on less.
fn denied_anything(
    candidates: &Candidates<'_>,
    q: &Question<'_>,
    scope: &ResourceScope,
    name: &NameAsked<'_>,
) -> bool {
    let denies = |rule: &Ranked| rule.effect == Effect::Deny && q.passes(rule, scope, name);
    candidates.sets().flat_map(RuleSet::iter).any(denies)
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;

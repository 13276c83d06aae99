//! Decides a question: among the matching rules of the highest priority, allow minus deny, within the restriction
//! of the access key. Also decides whether anonymous may get a token that grants nothing.
//!
//! INVARIANT: an action is granted only if it was requested and a rule allows it. The matching rules of the highest
//! priority are called the tier. A deny rule always wins inside its tier, and denies a literal `*` in every tier.
//! The order of rules does not matter. What must not go in: work for explanations.

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

/// A question: a subject, the requested scopes, the service, the client's address, the time, and the restriction of
/// the access key.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The subject of the request.
    pub subject: &'a Subject,
    /// The service that the token is for.
    pub service: &'a ServiceName,
    /// The requested scopes.
    pub scopes: &'a [ResourceScope],
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// The time of the decision.
    pub at: Timestamp,
    /// The restriction of the access key; `None` if there is none.
    pub restriction: Option<&'a Restriction>,
}

impl Question<'_> {
    /// Returns true if all fields of `rule` except its actions match. This is step 1 of a decision. The subject is
    /// compared last, because the rule was found by the subject and nearly always matches it. `name` is the name in
    /// `scope`.
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

/// Returns the actions that a scope requests. `*` on a repository also requests `delete`, `pull` and `push`.
pub(super) fn asked(scope: &ResourceScope) -> Cow<'_, ActionSet> {
    if scope.resource_type.is_repository() && scope.actions.has_every() {
        let known = REPOSITORY_ACTIONS.iter().filter_map(|a| Action::parse(a).ok());
        Cow::Owned(scope.actions.iter().cloned().chain(known).collect())
    } else {
        Cow::Borrowed(&scope.actions)
    }
}

/// Returns the rules of the highest priority among the rules that pass step 1. This is step 2 of a decision. A rule
/// may occur several times.
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

/// Returns the time at which a tier stops allowing an action: the latest end of the rules that allow it. Returns
/// `None` if one of these rules has no end.
fn end_of(tier: &[&Rule], action: &Action) -> Option<Timestamp> {
    let granting = tier.iter().filter(|rule| rule.effect == Effect::Allow && rule.lists(action));
    let mut latest = None;
    for rule in granting {
        // A rule without an end makes the right endless, even if other rules end.
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

    /// Returns true if anonymous may get a token that grants nothing. This needs an enabled allow rule for
    /// `anonymous` or `everyone` that matches the service, the time and the network.
    #[must_use]
    pub fn admits_anonymous(&self, service: &ServiceName, address: Option<IpAddr>, at: Timestamp) -> bool {
        self.admissions().any(|rule| {
            rule.matches_service(service) && rule.matches_time(at) && rule.matches_network(address)
        })
    }
}

/// Returns true if a deny rule of any tier passes step 1. The actions of the rule do not matter.
// SPEC: a literal `*` passes every check of a registry, so it is granted only if no deny rule applies.
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

//! How a request is decided: by the matching rules of the highest tier, denials first.

use super::decision::Decision;
use super::index::Policy;
use super::restriction::Restriction;
use super::rule::{Effect, Rule};
use crate::domain::access::{Access, AccessEntry};
use crate::domain::resource::{Action, ActionSet, REPOSITORY_ACTIONS, ResourceName, ResourceType};
use crate::domain::scope::ResourceScope;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use std::net::IpAddr;

/// Everything a decision depends on besides the rules.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who asks.
    pub subject: &'a Subject,
    /// For which registry.
    pub service: &'a ServiceName,
    /// What is asked.
    pub scopes: &'a [ResourceScope],
    /// From where, if that is known.
    pub address: Option<IpAddr>,
    /// When.
    pub at: Timestamp,
    /// What the credential is narrowed to.
    pub restriction: Option<&'a Restriction>,
}

/// The rules that decide about one resource.
pub(super) struct Tier<'p> {
    allows: Vec<&'p Rule>,
    denies: Vec<&'p Rule>,
    /// A deny rule that matches in any tier: with one, there is no literal `*`.
    any_deny: Option<&'p Rule>,
    /// The priority that decides; `None` when no rule matches.
    pub(super) priority: Option<i32>,
}

impl<'p> Tier<'p> {
    /// Of the rules that match, keeps the highest tier.
    pub(super) fn of(matching: impl IntoIterator<Item = &'p Rule>) -> Self {
        let matching: Vec<&Rule> = matching.into_iter().collect();
        let priority = matching.iter().map(|rule| rule.priority).max();
        let any_deny = matching
            .iter()
            .copied()
            .filter(|rule| rule.effect == Effect::Deny)
            .min_by(|a, b| a.name.cmp(&b.name));
        let (allows, denies) = matching
            .into_iter()
            .filter(|rule| Some(rule.priority) == priority)
            .partition(|rule| rule.effect == Effect::Allow);
        Self { allows, denies, any_deny, priority }
    }

    /// The allow rules that speak for an action; for the literal `*` only those that say `*`.
    pub(super) fn allowing(&self, action: &Action) -> impl Iterator<Item = &'p Rule> {
        let action = action.clone();
        self.allows.iter().copied().filter(move |rule| rule.names_action(&action))
    }

    /// The rule that takes an action away.
    pub(super) fn denying(&self, action: &Action) -> Option<&'p Rule> {
        if action.is_every() {
            return self.any_deny;
        }
        let denies = self.denies.iter().copied().filter(|rule| rule.names_action(action));
        denies.min_by(|a, b| a.name.cmp(&b.name))
    }

    fn grants(&self, action: &Action) -> bool {
        self.denying(action).is_none() && self.allowing(action).next().is_some()
    }

    /// When the right to an action ends: with the last of the rules that grant it.
    fn end(&self, action: &Action) -> Option<Timestamp> {
        let mut latest = None;
        for rule in self.allowing(action) {
            latest =
                Some(latest.map_or(rule.not_after?, |end: Timestamp| end.max(rule.not_after.unwrap_or(end))));
            rule.not_after?;
        }
        latest
    }
}

/// The actions that are looked at for what was asked: a `*` on a repository stands for the three
/// actions of registries, besides itself.
pub(super) fn expanded(resource_type: &ResourceType, asked: &ActionSet) -> ActionSet {
    let mut actions = asked.clone();
    if resource_type.is_repository() && asked.iter().any(Action::is_every) {
        actions.extend(REPOSITORY_ACTIONS.iter().filter_map(|action| Action::parse(action).ok()));
    }
    actions
}

/// Whether everything but subject and action fits.
fn applies(rule: &Rule, question: &Question<'_>, resource_type: &ResourceType, name: &ResourceName) -> bool {
    rule.resource_type.matches(resource_type)
        && service_fits(rule, question.service)
        && time_fits(rule, question.at)
        && network_fits(rule, question.address)
        && name_fits(rule, name, question.subject)
}

pub(super) fn service_fits(rule: &Rule, service: &ServiceName) -> bool {
    rule.services.iter().any(|glob| glob.matches(service.as_str()))
}

pub(super) fn name_fits(rule: &Rule, name: &ResourceName, subject: &Subject) -> bool {
    rule.names.iter().any(|glob| glob.matches(name.as_str(), subject))
}

pub(super) fn time_fits(rule: &Rule, at: Timestamp) -> bool {
    rule.not_before.is_none_or(|from| from <= at) && rule.not_after.is_none_or(|to| at < to)
}

/// An unknown address fails closed: an allow with networks does not match, a deny does.
pub(super) fn network_fits(rule: &Rule, address: Option<IpAddr>) -> bool {
    if rule.networks.is_empty() {
        return true;
    }
    match address {
        Some(address) => {
            let address = address.to_canonical();
            rule.networks.iter().any(|network| network.contains(&address))
        }
        None => rule.effect == Effect::Deny,
    }
}

pub(super) fn tier<'p>(
    rules: &[&'p Rule],
    question: &Question<'_>,
    resource_type: &ResourceType,
    name: &ResourceName,
) -> Tier<'p> {
    Tier::of(rules.iter().copied().filter(|rule| applies(rule, question, resource_type, name)))
}

impl Policy {
    /// Decides a request.
    #[must_use]
    pub fn evaluate(&self, question: &Question<'_>) -> Decision {
        let rules = self.concerning(question.subject);
        let mut end: Option<Timestamp> = None;
        let mut entries = Vec::new();
        for scope in question.scopes {
            let tier = tier(&rules, question, &scope.resource_type, &scope.name);
            let permitted = |action: &Action| {
                question
                    .restriction
                    .is_none_or(|only| only.permits(&scope.resource_type, &scope.name, action))
            };
            let actions: ActionSet = expanded(&scope.resource_type, &scope.actions)
                .into_iter()
                .filter(|action| tier.grants(action) && permitted(action))
                .collect();
            for action in &actions {
                end = match (end, tier.end(action)) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            entries.push(AccessEntry {
                resource_type: scope.resource_type.clone(),
                name: scope.name.clone(),
                actions,
            });
        }
        Decision { granted: Access::new(entries), end }
    }

    /// Whether somebody without credentials could do anything at all: if some enabled allow for
    /// `anonymous` or `everyone` matches service, time and network.
    #[must_use]
    pub fn admits_anonymous(&self, service: &ServiceName, address: Option<IpAddr>, at: Timestamp) -> bool {
        self.concerning(&Subject::anonymous()).into_iter().any(|rule| {
            rule.effect == Effect::Allow
                && service_fits(rule, service)
                && time_fits(rule, at)
                && network_fits(rule, address)
        })
    }
}

//! One question for many subjects, put to the old policy and to the new one.

use super::conditions::Condition;
use super::view::Person;
use crate::domain::policy::evaluate::Question;
use crate::domain::policy::index::{Candidates, Policy};
use crate::domain::policy::rule::{Effect, Rule, RuleName};
use crate::domain::policy::witness::Case;
use crate::domain::resource::{Action, ActionSet, ResourceName, ResourceType};
use crate::domain::scope::ResourceScope;
use crate::domain::service::ServiceName;
use crate::domain::subject::Subject;

/// A question without its subject.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asking<'q> {
    /// The old policy and the new one.
    pub(super) policies: (&'q Policy, &'q Policy),
    pub(super) service: &'q ServiceName,
    pub(super) resource_type: &'q ResourceType,
    pub(super) name: &'q ResourceName,
    pub(super) condition: Condition,
}

impl Asking<'_> {
    /// Returns the actions that the old policy grants, and the actions that the new policy grants.
    pub(super) fn answers(&self, person: Person<'_>, actions: &ActionSet) -> (ActionSet, ActionSet) {
        let scopes = [ResourceScope {
            resource_type: self.resource_type.clone(),
            name: self.name.clone(),
            actions: actions.clone(),
        }];
        let (address, at) = self.condition;
        let granted = |policy: &Policy, subject: Option<&Subject>| {
            let question = |subject| Question {
                subject,
                service: self.service,
                scopes: &scopes,
                address,
                at,
                restriction: None,
            };
            let granted = subject.map(|subject| policy.evaluate(&question(subject)).granted);
            let entry = granted.as_ref().and_then(|granted| granted.entries().first());
            entry.map(|entry| entry.actions.clone()).unwrap_or_default()
        };
        let (before, after) = person.at(at).subjects();
        (granted(self.policies.0, before), granted(self.policies.1, after))
    }

    /// Returns two answers: true if the old policy grants the action, and true if the new policy grants it.
    pub(super) fn answer(&self, person: Person<'_>, action: &Action) -> (bool, bool) {
        let (before, after) = self.answers(person, &[action.clone()].into_iter().collect());
        (before.contains(action), after.contains(action))
    }

    /// Returns the rule that decides in the new policy. The rule allows or denies the action, or its tier hides a
    /// lower rule that allows the action.
    pub(super) fn decider(&self, action: &Action, subject: &Subject) -> Option<RuleName> {
        let case = Case {
            service: self.service,
            resource_type: self.resource_type,
            name: self.name,
            action,
            address: self.condition.0,
            at: self.condition.1,
        };
        case.decider(self.policies.1, subject).or_else(|| hider(self.policies.1, &case, subject))
    }
}

/// Returns a rule that hides a grant: the first rule, by name, of the highest tier, if a lower tier allows the
/// action.
fn hider(policy: &Policy, case: &Case<'_>, subject: &Subject) -> Option<RuleName> {
    let buckets: Vec<_> = policy.buckets(subject).collect();
    let candidates = Candidates::new(&buckets, case.name);
    let rules = candidates.sets().flat_map(|set| set.iter()).map(|rule| &**rule);
    let passes = |rule: &&Rule| rule.matches_subject(subject) && case.passes_but_subject(rule, subject);
    let passing: Vec<&Rule> = rules.filter(passes).collect();
    let top = passing.iter().map(|rule| rule.priority).max()?;
    let allows = |rule: &Rule| rule.effect == Effect::Allow && rule.lists(case.action);
    passing.iter().find(|rule| rule.priority < top && allows(rule))?;
    passing.iter().filter(|rule| rule.priority == top).map(|rule| &rule.name).min().cloned()
}

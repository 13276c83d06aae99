//! Registries that start or stop reading a request more widely than it was sent.
//!
//! The reading changes no decision about an action that a client requests by name. So one row for each way of
//! reading describes all changes of such a registry.

use super::account::{Account, ServiceChange};
use super::conditions::conditions;
use super::pass::Pass;
use super::rows::{DecisionChange, Example, Told};
use super::work::Work;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::{Effect, Rule};
use crate::domain::policy::witness::{self, Case};
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::service::{Service, ServiceName};
use crate::domain::verifier::Profile;
use std::collections::BTreeSet;

/// The greatest number of questions that are asked to find a subject with all rights on the catalogue.
const MOST_ASKED: usize = 100_000;

/// Returns the rows for the registries that exist before and after the change.
pub(super) fn rows(
    pass: &Pass<'_>,
    (old, new): (&Policy, &Policy),
    changes: &[ServiceChange],
    work: &mut Work,
) -> Vec<DecisionChange> {
    let mut rows = Vec::new();
    for change in changes {
        let (Some(before), Some(after)) = (&change.before, &change.after) else {
            continue;
        };
        let readings: [(bool, bool, Row); 2] = [
            (before.push_includes_pull(), after.push_includes_pull(), pull),
            (lists(before), lists(after), nameless),
        ];
        for (was, is, row) in readings {
            if was != is {
                // The state with the wider reading grants more, so the policy of that state is asked.
                let policy = if is { new } else { old };
                rows.extend(row(pass, policy, &after.name, is, work));
            }
        }
    }
    rows
}

/// A function that finds the row for one way of reading requests.
type Row = fn(&Pass<'_>, &Policy, &ServiceName, bool, &mut Work) -> Option<DecisionChange>;

/// Returns true if the registry asks for the catalogue as a repository without a name.
fn lists(service: &Service) -> bool {
    service.verifier.profile() == Profile::Zot
}

fn row(service: &ServiceName, is: bool, name: &str, asked: String, told: Told) -> DecisionChange {
    DecisionChange {
        selector: Selector::Everyone.to_string(),
        service: service.to_string(),
        resource_type: "repository".to_owned(),
        name: name.to_owned(),
        action: "pull".to_owned(),
        before: !is,
        after: is,
        by: told.by,
        example: Example { asked: Some(asked), ..told.example },
        // Nothing changes for subjects that request the action by name, or that have no right to the action.
        partly: true,
    }
}

/// Finds the row for a push that includes pull: a request for `push` alone also grants `pull`.
fn pull(
    pass: &Pass<'_>,
    policy: &Policy,
    service: &ServiceName,
    is: bool,
    work: &mut Work,
) -> Option<DecisionChange> {
    let none = Policy::default();
    let policies = if is { (&none, policy) } else { (policy, &none) };
    let all: BTreeSet<_> = policy.rules().map(|rule| &rule.name).collect();
    let (told, missed) = work.trial(|work| pass.one_pull(policies, &all, service, work));
    if told.is_none() && missed {
        work.miss();
    }
    told.map(|told| row(service, is, "**", format!("repository:{}:push", told.example.name), told))
}

/// Finds the row for zot's repository without a name: a subject with all rights on the catalogue may pull it.
fn nameless(
    pass: &Pass<'_>,
    policy: &Policy,
    service: &ServiceName,
    is: bool,
    work: &mut Work,
) -> Option<DecisionChange> {
    let resource_type = ResourceType::parse("registry").ok()?;
    let name = ResourceName::parse(&resource_type, "catalog").ok()?;
    let action = Action::every();
    let is_for = |rule: &&Rule| {
        rule.enabled && rule.resource_type.matches(&resource_type) && rule.matches_service(service)
    };
    let rules: Vec<&Rule> = policy.rules().filter(is_for).collect();
    let allows = |rule: &&&Rule| rule.effect == Effect::Allow && rule.actions.has_every();
    let selectors: BTreeSet<&Selector> =
        rules.iter().filter(allows).flat_map(|rule| &rule.subjects).collect();
    let somebody = |selector: &Selector| {
        let group = matches!(selector, Selector::Group(_)).then(|| selector.to_string());
        witness::subjects(selector).into_iter().map(move |subject| (Account::of(subject), group.clone()))
    };
    let made_up: Vec<(Account, Option<String>)> = selectors.into_iter().flat_map(somebody).collect();
    let states =
        pass.subjects.iter().filter_map(|one| if is { one.after.as_ref() } else { one.before.as_ref() });
    let known = pass.people.iter().copied().chain(states).map(|one| (one, None));
    let people = known.chain(made_up.iter().map(|(one, group)| (one, group.clone())));
    let conditions = conditions(rules.iter().copied(), [].into_iter(), pass.at, work);
    let asked = people.flat_map(|one| conditions.iter().map(move |condition| (one.clone(), condition)));
    for (number, ((one, group), (address, at))) in asked.enumerate() {
        if number >= MOST_ASKED || !work.spend(1) {
            work.miss();
            return None;
        }
        let (address, at) = (*address, *at);
        let (service, resource_type, name, action) = (service, &resource_type, &name, &action);
        let case = Case { service, resource_type, name, action, address, at };
        if one.lives_at(at) && case.is_granted(policy, &one.subject) {
            let by = if is { case.decider(policy, &one.subject) } else { None };
            let subject = group.or_else(|| one.selector()).unwrap_or_else(|| Selector::Anonymous.to_string());
            let at = (at != pass.at).then_some(at);
            let example = Example { subject, name: ResourceName::nameless(), address, at, asked: None };
            let told = Told { example, by, is_made_up: false };
            return Some(row(&ServiceName::clone(service), is, "", "repository::pull".to_owned(), told));
        }
    }
    None
}

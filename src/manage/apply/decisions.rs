//! The decisions that an apply or a preview changes. Finding them takes time, but needs no transaction.

use super::people::{MOST_PEOPLE, People};
use super::plan::Plan;
use crate::domain::policy::{
    Abandoned, Bounds, Changes, Policy, Population, RuleName, ServiceChange, SubjectChange, compare,
};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::snapshot::Snapshots;
use crate::storage::{Reader, StoreError};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The greatest number of changed decisions in a plan.
const MOST_DECISIONS: usize = 1000;

/// A plan without its changed decisions.
pub(super) struct Unfinished {
    pub(super) plan: Plan,
    pub(super) before: Policy,
    pub(super) after: Policy,
    pub(super) changed_rules: BTreeSet<RuleName>,
    pub(super) subjects: Vec<SubjectChange>,
    pub(super) services: Registries,
    pub(super) at: Timestamp,
}

/// The registries of a plan.
pub(super) struct Registries {
    /// The registries that exist both before and after the apply.
    stay: Vec<ServiceName>,
    /// The registries that are made, deleted or changed.
    changed: Vec<ServiceChange>,
}

impl Registries {
    pub(super) fn new(
        mut before: BTreeMap<ServiceName, Service>,
        after: &BTreeMap<ServiceName, Service>,
    ) -> Self {
        let stay = before.keys().filter(|name| after.contains_key(*name)).cloned().collect();
        let mut changed = Vec::new();
        for (name, is) in after {
            let was = before.remove(name);
            if was.as_ref() != Some(is) {
                changed.push(ServiceChange { before: was, after: Some(is.clone()) });
            }
        }
        changed.extend(before.into_values().map(|was| ServiceChange { before: Some(was), after: None }));
        Self { stay, changed }
    }
}

impl Unfinished {
    /// Returns the registries that stay, and at most [`MOST_PEOPLE`] of the users and robots that do not change and are
    /// neither disabled nor ended. The plan compares the decisions for them. If neither rules nor registries change,
    /// returns no users and robots.
    pub(super) async fn known(
        &mut self,
        people: &People,
        reader: &mut Reader,
        snapshots: &Snapshots,
    ) -> Result<Population, StoreError> {
        let services = std::mem::take(&mut self.services.stay);
        let mut known = Population { services, ..Population::default() };
        if self.changed_rules.is_empty() && self.services.changed.is_empty() {
            return Ok(known);
        }
        let states = self.subjects.iter().flat_map(|change| [&change.before, &change.after]);
        let changed: HashSet<_> = states.flatten().filter_map(|one| one.subject.identity.as_ref()).collect();
        let everybody = people.everybody(reader, snapshots, self.at).await?;
        let others = everybody.iter().filter(|one| {
            one.lives_at(self.at) && !one.subject.identity.as_ref().is_some_and(|own| changed.contains(own))
        });
        known.people = others.cloned().collect();
        known.more_people = known.people.len().saturating_sub(MOST_PEOPLE);
        known.people.truncate(MOST_PEOPLE);
        Ok(known)
    }

    /// Completes the plan with the changed decisions. Stops after `work` steps of the search, or as soon as no
    /// client waits for the plan.
    pub(super) fn finish(self, known: &Population, work: usize, abandoned: Abandoned) -> Plan {
        let Self { mut plan, before, after, changed_rules, subjects, services, at } = self;
        let changes = Changes { rules: &changed_rules, subjects: &subjects, services: &services.changed };
        let bounds = Bounds { work, rows: MOST_DECISIONS, abandoned };
        let compared = compare((&before, &after), changes, known, at, bounds);
        plan.decisions = compared.decisions;
        plan.decisions_omitted += compared.omitted;
        plan
    }
}

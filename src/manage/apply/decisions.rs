//! The decisions that an apply changes: they take time and no transaction.

use super::plan::Plan;
use crate::domain::policy::{
    Account, Changes, Policy, Population, RuleName, ServiceChange, SubjectChange, compare,
};
use crate::domain::service::{Service, ServiceName};
use crate::domain::subject::SubjectKind;
use crate::domain::time::Timestamp;
use crate::storage::{Page, Reader, StoreError, StoredSubject};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How many changed decisions are told.
const MOST_DECISIONS: usize = 1000;
/// How many users and robots the changed decisions are sought for.
const MOST_PEOPLE: usize = 10_000;
/// How many of them are read at once.
const CHUNK: i64 = 1000;

/// A plan but for the decisions that change.
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
    /// Those that are there before and after.
    stay: Vec<ServiceName>,
    /// Those that come, go or change.
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

/// A subject as rules see it: not at all while it is disabled, nor after its end.
pub(super) fn as_rules_see(found: Option<&StoredSubject>, at: Timestamp) -> Option<Account> {
    let is_live =
        |found: &&StoredSubject| !found.row.disabled && found.row.expires_at.is_none_or(|end| at < end);
    found.filter(is_live).map(|found| Account {
        subject: found.as_subject(),
        until: found.row.expires_at,
        is_admin: found.row.admin,
    })
}

impl Unfinished {
    /// Those whom rules are about and who did not change, as the database has them.
    pub(super) async fn known(&mut self, reader: &mut Reader) -> Result<Population, StoreError> {
        let services = std::mem::take(&mut self.services.stay);
        let mut known = Population { services, ..Population::default() };
        if self.changed_rules.is_empty() && self.services.changed.is_empty() {
            return Ok(known);
        }
        let states = self.subjects.iter().flat_map(|change| [&change.before, &change.after]);
        let changed: HashSet<_> = states.flatten().filter_map(|one| one.subject.identity.clone()).collect();
        for kind in [SubjectKind::User, SubjectKind::Robot] {
            let mut page = Page::new(String::new(), String::new(), CHUNK);
            loop {
                let found = reader.list_subjects(kind, &page).await?;
                let Some(last) = found.last() else {
                    break;
                };
                page = page.following(last.row.subject.name.to_string());
                for one in found.iter().filter(|one| !changed.contains(&one.row.subject)) {
                    if known.people.len() < MOST_PEOPLE {
                        known.people.extend(as_rules_see(Some(one), self.at));
                    } else {
                        known.more_people += 1;
                    }
                }
                if known.more_people > 0 {
                    break;
                }
            }
        }
        Ok(known)
    }

    /// The whole plan.
    pub(super) fn finish(self, known: &Population) -> Plan {
        let Self { mut plan, before, after, changed_rules, subjects, services, at } = self;
        let changes = Changes { rules: &changed_rules, subjects: &subjects, services: &services.changed };
        let compared = compare((&before, &after), changes, known, at, MOST_DECISIONS);
        plan.decisions = compared.decisions;
        plan.decisions_omitted += compared.omitted;
        plan
    }
}

//! The decisions that an apply changes: they take time and no transaction.

use super::plan::Plan;
use crate::domain::policy::{Changes, Policy, Population, RuleName, SubjectChange, compare};
use crate::domain::service::ServiceName;
use crate::domain::subject::{Subject, SubjectKind};
use crate::domain::time::Timestamp;
use crate::storage::{Page, Reader, StoreError, StoredSubject};
use std::collections::{BTreeSet, HashSet};

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
    /// As they are afterwards.
    pub(super) services: Vec<ServiceName>,
    pub(super) at: Timestamp,
}

/// A subject as rules see it: not at all while it is disabled, nor after its end.
pub(super) fn as_rules_see(found: Option<&StoredSubject>, at: Timestamp) -> Option<Subject> {
    let is_live =
        |found: &&StoredSubject| !found.row.disabled && found.row.expires_at.is_none_or(|end| at < end);
    found.filter(is_live).map(StoredSubject::as_subject)
}

impl Unfinished {
    /// Those whom rules are about and who did not change, as the database has them.
    pub(super) async fn known(&mut self, reader: &mut Reader) -> Result<Population, StoreError> {
        let mut known = Population { services: std::mem::take(&mut self.services), ..Population::default() };
        if self.changed_rules.is_empty() {
            return Ok(known);
        }
        let states = self.subjects.iter().flat_map(|change| [&change.before, &change.after]);
        let changed: HashSet<_> = states.flatten().filter_map(|subject| subject.identity.clone()).collect();
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
        let Self { mut plan, before, after, changed_rules, subjects, at, .. } = self;
        let changes = Changes { rules: &changed_rules, subjects: &subjects };
        let compared = compare((&before, &after), changes, known, at, MOST_DECISIONS);
        plan.decisions = compared.decisions;
        plan.decisions_omitted += compared.omitted;
        plan
    }
}

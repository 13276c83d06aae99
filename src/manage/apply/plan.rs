//! The changes of an apply, described for people.

use crate::domain::change::Change;
use crate::domain::kind::{ChangeAction, ObjectKind};
use crate::domain::policy::DecisionChange;
use crate::manage::lint::RuleWarning;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The greatest number of changed objects in a plan, and of changed members of one group. Others are only counted.
const MOST_CHANGES: usize = 1000;
/// The greatest size of the values in a plan, bytes. Of consecutive changes of a group's members, only the first
/// counts.
const MOST_TOLD: usize = 8 * 1024 * 1024;
/// Fields that a plan leaves out, because the server derives them.
const UNTOLD: [&str; 3] = ["updated_at", "created_at", "groups"];

/// The number of objects that were created, changed, deleted and left unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// The number of created objects.
    pub created: u64,
    /// The number of changed objects.
    pub updated: u64,
    /// The number of objects that pruning deleted.
    pub deleted: u64,
    /// The number of objects that already were as the files say.
    pub unchanged: u64,
}

/// One field of a changed object.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// The name of the field; for a member of a group, `members`.
    pub field: String,
    /// The value before the change; for a member that leaves a group, the member.
    pub before: Value,
    /// The value after the change; for a member that joins a group, the member.
    pub after: Value,
}

impl FieldChange {
    fn size(&self) -> usize {
        self.before.to_string().len() + self.after.to_string().len()
    }
}

/// One changed object.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PlannedChange {
    /// `create`, `update`, `delete` or `revoke`.
    #[schema(value_type = String)]
    pub action: ChangeAction,
    /// The kind of the object.
    #[schema(value_type = String)]
    pub kind: ObjectKind,
    /// The name or id of the object.
    pub name: String,
    /// The changed fields.
    pub fields: Vec<FieldChange>,
}

/// The answer to an apply or a preview: the changes of objects and of decisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plan {
    /// True for a dry run or a preview, which writes nothing.
    pub dry_run: bool,
    /// The number of objects that were created, changed, deleted and left unchanged.
    pub summary: Summary,
    /// The changed objects: the first 1,000, with at most 8 MiB of values.
    pub changes: Vec<PlannedChange>,
    /// The number of changes that `changes` leaves out.
    pub changes_omitted: u64,
    /// The decisions that change, the first 1,000.
    pub decisions: Vec<DecisionChange>,
    /// The number of changed decisions, accounts and rules that `decisions` leaves out; 0 means that the list is
    /// complete.
    pub decisions_omitted: usize,
    /// The warnings about the changed rules.
    pub warnings: Vec<RuleWarning>,
}

/// The changes of a plan so far.
#[derive(Debug, Default)]
pub(super) struct Telling {
    pub(super) summary: Summary,
    pub(super) changes: Vec<PlannedChange>,
    pub(super) omitted: u64,
    size: usize,
}

impl Telling {
    /// Adds the changes of one object. An object without a change counts as unchanged.
    pub(super) fn object(&mut self, noted: &[Change]) {
        let whole = noted.iter().rev().map(|change| change.action).find(|action| {
            matches!(action, ChangeAction::Create | ChangeAction::Update | ChangeAction::Delete)
        });
        match whole {
            Some(ChangeAction::Create) => self.summary.created += 1,
            Some(ChangeAction::Delete) => self.summary.deleted += 1,
            None if noted.is_empty() => self.summary.unchanged += 1,
            // The object's own fields changed, or only its members or credentials.
            Some(_) | None => self.summary.updated += 1,
        }
        for change in noted {
            self.tell(change);
        }
    }

    fn tell(&mut self, change: &Change) {
        let is_member = change.is_membership();
        let fields = if is_member { member(change) } else { differences(change) };
        if is_member
            && let Some(group) = self.changes.last_mut()
            && (group.kind, group.name.as_str()) == (change.kind, change.name.as_str())
        {
            if group.fields.len() < MOST_CHANGES {
                group.fields.extend(fields);
            } else {
                self.omitted += 1;
            }
            return;
        }
        let size: usize = fields.iter().map(FieldChange::size).sum();
        if self.changes.len() >= MOST_CHANGES || self.size + size > MOST_TOLD {
            self.omitted += 1;
            return;
        }
        self.size += size;
        let action = if is_member { ChangeAction::Update } else { change.action };
        self.changes.push(PlannedChange { action, kind: change.kind, name: change.name.clone(), fields });
    }
}

fn member(change: &Change) -> Vec<FieldChange> {
    let name = |state: &Option<Value>| {
        state.as_ref().and_then(|state| state.get("member")).cloned().unwrap_or(Value::Null)
    };
    vec![FieldChange {
        field: "members".to_owned(),
        before: name(&change.before),
        after: name(&change.after),
    }]
}

/// Returns the fields that differ. A missing field counts as null.
fn differences(change: &Change) -> Vec<FieldChange> {
    let empty = serde_json::Map::new();
    let fields = |state: &Option<Value>| match state {
        Some(Value::Object(fields)) => fields.clone(),
        _ => empty.clone(),
    };
    let (before, after) = (fields(&change.before), fields(&change.after));
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort();
    names.dedup();
    let mut told = Vec::new();
    for name in names {
        let value =
            |fields: &serde_json::Map<String, Value>| fields.get(name).cloned().unwrap_or(Value::Null);
        let (before, after) = (value(&before), value(&after));
        if before != after && name != "name" && !UNTOLD.contains(&name.as_str()) {
            told.push(FieldChange { field: name.clone(), before, after });
        }
    }
    told
}

//! What applying changes, told so that a person understands it.

use crate::domain::change::Change;
use crate::domain::kind::{ChangeAction, ObjectKind};
use crate::domain::policy::DecisionChange;
use crate::manage::lint::RuleWarning;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// How many changed objects a plan tells of; the rest is counted.
const MOST_CHANGES: usize = 1000;
/// How many bytes of values a plan tells.
const MOST_TOLD: usize = 8 * 1024 * 1024;
/// Fields that follow from others.
const UNTOLD: [&str; 3] = ["updated_at", "created_at", "groups"];

/// How many objects were treated how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// Made.
    pub created: u64,
    /// Changed.
    pub updated: u64,
    /// Deleted by pruning.
    pub deleted: u64,
    /// As the files say already.
    pub unchanged: u64,
}

/// One field of a changed object.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldChange {
    /// Its name; for a member of a group, `members`.
    pub field: String,
    /// Its value before; for a member, itself if it goes.
    pub before: Value,
    /// Its value after; for a member, itself if it comes.
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
    /// What it is.
    #[schema(value_type = String)]
    pub kind: ObjectKind,
    /// Its name or id.
    pub name: String,
    /// What about it.
    pub fields: Vec<FieldChange>,
}

/// The answer to an apply: the difference between before and after.
#[derive(Debug, Serialize, ToSchema)]
pub struct Plan {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// How many objects were treated how.
    pub summary: Summary,
    /// The changed objects, the first 1,000.
    pub changes: Vec<PlannedChange>,
    /// How many more there are.
    pub changes_omitted: u64,
    /// Decisions that are no longer the same, the first 1,000.
    pub decisions: Vec<DecisionChange>,
    /// How many more there may be; 0: the list is complete.
    pub decisions_omitted: usize,
    /// What lint says of the changed rules.
    pub warnings: Vec<RuleWarning>,
}

/// Collects what changes.
#[derive(Debug, Default)]
pub(super) struct Telling {
    pub(super) summary: Summary,
    pub(super) changes: Vec<PlannedChange>,
    pub(super) omitted: u64,
    size: usize,
}

impl Telling {
    /// Tells of the changes that one object made. None: it was unchanged.
    pub(super) fn object(&mut self, noted: &[Change]) {
        let whole = noted.iter().rev().map(|change| change.action).find(|action| {
            matches!(action, ChangeAction::Create | ChangeAction::Update | ChangeAction::Delete)
        });
        match whole {
            Some(ChangeAction::Create) => self.summary.created += 1,
            Some(ChangeAction::Delete) => self.summary.deleted += 1,
            None if noted.is_empty() => self.summary.unchanged += 1,
            // Only its members or credentials changed, or its own fields did.
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

/// The fields that differ, and of something new those that say something.
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

//! The groups that a provider keeps: only the provider decides who is in them.

use super::error::WriteError;
use super::groups::insert_group;
use crate::domain::change::Change;
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{GroupRow, Transaction};
use std::collections::BTreeSet;

/// Adds a person to the groups that their provider names, makes the groups that do not exist, and removes the person
/// from the provider's other groups. A group with another owner, or without one, stays as it is, and the returned
/// warning says so.
pub(super) async fn sync_groups(
    tx: &mut Transaction,
    owner: &str,
    (subject_id, subject): (&str, &SubjectRef),
    wanted: &BTreeSet<GroupName>,
    at: Timestamp,
) -> Result<Vec<String>, WriteError> {
    let mut warnings = Vec::new();
    let kept = tx.kept_groups(subject_id, owner).await?;
    for (id, group) in kept.iter().filter(|(_, group)| !wanted.contains(group)) {
        tx.delete_member(id, subject_id).await?;
        tx.note(Change::member_removed(group, subject));
    }
    for group in wanted.iter().filter(|wanted| !kept.iter().any(|(_, group)| group == *wanted)) {
        let id = match tx.find_group_owner(group).await? {
            Some((id, Some(keeper))) if keeper == owner => id,
            Some(_) => {
                warnings.push(format!(
                    "the group `{group}` is not kept by `{owner}`, so its members stay as they are: delete it, or choose another name with `map`"
                ));
                continue;
            }
            None => make_group(tx, owner, group, at).await?,
        };
        tx.insert_member(&id, subject_id).await?;
        tx.note(Change::member_added(group, subject));
    }
    Ok(warnings)
}

async fn make_group(
    tx: &mut Transaction,
    owner: &str,
    name: &GroupName,
    at: Timestamp,
) -> Result<String, WriteError> {
    let row = GroupRow {
        id: uuid::Uuid::now_v7().to_string(),
        name: name.clone(),
        description: String::new(),
        managed_by: Some(owner.to_owned()),
        members: Vec::new(),
        created_at: at,
        updated_at: at,
    };
    insert_group(tx, &row).await?;
    Ok(row.id)
}

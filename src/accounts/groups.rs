//! Groups: named sets of users and robots.
//!
//! A group's own fields are one change. Each membership is a change of its own, about the member.

use super::error::WriteError;
use super::input::{Target, check_description, check_managed_by, read};
use super::kept::{are_people_of, kept_by_nobody};
use super::meant::meant_subject;
use super::rule_references::detach_from_rules;
use super::write::{Deletion, ObjectWrite, Precondition, Written};
use crate::domain::change::Change;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::Policy;
use crate::domain::schema;
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{GroupRow, Reader, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A group as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Group {
    /// The name of the group.
    pub name: GroupName,
    /// A text for people.
    pub description: String,
    /// The users and robots in the group, sorted by name.
    pub members: Vec<SubjectRef>,
    /// The owner of the object, for declarative tools.
    pub managed_by: Option<String>,
}

impl Group {
    /// Makes the group that the API shows, from its database row.
    #[must_use]
    pub fn new(row: &GroupRow) -> Self {
        Self {
            name: row.name.clone(),
            description: row.description.clone(),
            members: row.members.clone(),
            managed_by: row.managed_by.clone(),
        }
    }
}

/// The fields of a group that may be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupPut, example = json!({"description": "the web team", "members": ["user:admin"]}))]
pub struct GroupFields {
    /// A text for people.
    #[serde(default)]
    #[schema(schema_with = schema::description)]
    pub description: String,
    /// The users and robots in the group, which must exist.
    #[serde(default)]
    #[schema(value_type = Vec<SubjectRef>, max_items = 100000)]
    pub members: Vec<String>,
    /// The owner of the object, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

/// The greatest number of members of a group.
const MOST_MEMBERS: usize = 100_000;

fn missing(name: &GroupName) -> WriteError {
    WriteError::not_found(ObjectKind::Group, name)
}

/// Returns the group's own fields. Members have changes of their own.
fn own_fields(row: &GroupRow) -> Value {
    json!({"name": row.name, "description": row.description, "managed_by": row.managed_by})
}

/// Returns the wanted members, and the internal ids of those that are new to the group. Adds an error for each member
/// that cannot be resolved. A new member must exist, or be in `made`: the users and robots that the same write makes.
async fn resolve(
    reader: &mut Reader,
    members: &[String],
    old: &BTreeSet<SubjectRef>,
    made: &BTreeMap<SubjectRef, String>,
    errors: &mut FieldErrors,
) -> Result<(BTreeSet<SubjectRef>, BTreeMap<SubjectRef, String>), WriteError> {
    let (mut all, mut new) = (BTreeSet::new(), BTreeMap::new());
    if members.len() > MOST_MEMBERS {
        errors.push("members", format_args!("must have at most {MOST_MEMBERS} entries"));
        return Ok((all, new));
    }
    for (i, text) in members.iter().enumerate() {
        let Some(member) = errors.keep(format!("members[{i}]"), SubjectRef::parse(text)) else {
            continue;
        };
        if let Some(id) = made.get(&member) {
            new.insert(member.clone(), id.clone());
        } else if !old.contains(&member) {
            let found = reader.find_account(&member).await?;
            match found {
                Some(found) => drop(new.insert(member.clone(), found.row.id)),
                None => {
                    let why = match meant_subject(reader, &member.name).await? {
                        Some(meant) => format!("there is no `{member}`, but there is `{meant}`: write that"),
                        None => format!("there is no `{member}`: create it first"),
                    };
                    errors.push(format!("members[{i}]"), why);
                }
            }
        }
        all.insert(member);
    }
    Ok((all, new))
}

/// Stores a new group, without its members.
pub async fn insert_group(tx: &mut Transaction, row: &GroupRow) -> Result<(), WriteError> {
    tx.insert_group(row).await?;
    tx.note(Change::created(ObjectKind::Group, &row.name, &own_fields(row)));
    Ok(())
}

/// Adds one subject to a group, or removes it (`present: false`). Adding a member again changes nothing.
///
/// # Errors
/// [`WriteError::NotFound`] for an unknown group or member, and for the removal of a subject that is not a member;
/// [`WriteError::Stale`] if the precondition is not met; [`WriteError::Conflict`] if a provider keeps the group, or if
/// the group is full.
pub async fn write_member(
    tx: &mut Transaction,
    group: &GroupName,
    member: &SubjectRef,
    present: bool,
    precondition: &Precondition,
) -> Result<(), WriteError> {
    let row = tx.find_group(group).await?.ok_or_else(|| missing(group))?;
    precondition.check(tx, ObjectKind::Group, group.as_str(), true).await?;
    kept_by_nobody(tx, group, row.managed_by.as_deref()).await?;
    let no_member = |meant| WriteError::NotFound { kind: "member", name: member.to_string(), meant };
    let found = tx.find_account(member).await?;
    let Some(found) = found else {
        return Err(no_member(meant_subject(tx, &member.name).await?));
    };
    match (row.members.contains(member), present) {
        (true, true) => Ok(()),
        (false, true) if row.members.len() >= MOST_MEMBERS => Err(WriteError::conflict(format_args!(
            "the group has {MOST_MEMBERS} members: take one out first"
        ))),
        (false, true) => add_member(tx, &row, member, &found.row.id).await,
        (true, false) => remove_member(tx, &row, member, &found.row.id).await,
        (false, false) => Err(no_member(None)),
    }
}

async fn add_member(
    tx: &mut Transaction,
    group: &GroupRow,
    member: &SubjectRef,
    id: &str,
) -> Result<(), WriteError> {
    tx.insert_member(&group.id, id).await?;
    tx.note(Change::member_added(&group.name, member));
    Ok(())
}

async fn remove_member(
    tx: &mut Transaction,
    group: &GroupRow,
    member: &SubjectRef,
    id: &str,
) -> Result<(), WriteError> {
    tx.delete_member(&group.id, id).await?;
    tx.note(Change::member_removed(&group.name, member));
    Ok(())
}

/// A group before and after a write: its old row, if the group exists, and its new row with the members.
pub struct WantedGroup {
    /// The old row.
    pub before: Option<GroupRow>,
    /// The new row.
    pub row: GroupRow,
    /// The members that are new to the group, with their internal ids.
    new: BTreeMap<SubjectRef, String>,
    /// The seq of the group's last change before the write; 0 if the group is new, or if the write needs no version.
    version: i64,
}

impl WantedGroup {
    /// Returns the change of the group's own fields, if there is one.
    fn own_change(&self) -> Option<Change> {
        let (kind, name, is) = (ObjectKind::Group, &self.row.name, own_fields(&self.row));
        match self.before.as_ref().map(own_fields) {
            None => Some(Change::created(kind, name, &is)),
            Some(was) if was != is => Some(Change::updated(kind, name, &was, &is)),
            Some(_) => None,
        }
    }

    /// Returns the members that leave the group.
    #[must_use]
    pub fn gone(&self) -> Vec<SubjectRef> {
        let members: BTreeSet<&SubjectRef> = self.row.members.iter().collect();
        let before = self.before.iter().flat_map(|row| &row.members);
        before.filter(|one| !members.contains(one)).cloned().collect()
    }

    /// Returns the members that join the group.
    pub fn new_members(&self) -> impl Iterator<Item = &SubjectRef> {
        self.new.keys()
    }

    /// Returns all changes to record.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let gone = self.gone().into_iter().map(|one| Change::member_removed(&self.row.name, &one));
        let new = self.new.keys().map(|one| Change::member_added(&self.row.name, one));
        self.own_change().into_iter().chain(gone).chain(new).collect()
    }
}

/// Returns the group that a write would create or change. Only reads. `made` contains the users and robots of the
/// same write that are not stored yet, with their internal ids.
pub async fn wanted_group(
    reader: &mut Reader,
    name: GroupName,
    write: ObjectWrite,
    made: &BTreeMap<SubjectRef, String>,
) -> Result<WantedGroup, WriteError> {
    let (at, is_one_of_many) = (write.at(), !write.is_single());
    let before = reader.find_group(&name).await?;
    let shown = before.as_ref().map(Group::new);
    let target = Target::new(ObjectKind::Group, name.as_str(), shown.as_ref());
    let (fields, version) = write.open(reader, target).await?;
    let wanted: GroupFields = read(fields.into())?;
    let keeper = before.as_ref().and_then(|row| row.managed_by.as_deref());
    let mut errors = FieldErrors::default();
    check_description(&mut errors, &wanted.description);
    let old: BTreeSet<SubjectRef> =
        before.as_ref().map(|row| row.members.iter().cloned().collect()).unwrap_or_default();
    let (members, new) = resolve(reader, &wanted.members, &old, made, &mut errors).await?;
    // An applied file may restore an exported group of a provider, with the owner mark of the provider.
    let owner = wanted.managed_by.as_deref();
    let is_restored =
        is_one_of_many && before.is_none() && are_people_of(reader, owner, new.values()).await?;
    check_managed_by(&mut errors, owner, owner.filter(|_| is_restored).or(keeper));
    errors.into_result()?;
    let are_others = members != old;
    let mut row = GroupRow {
        id: before.as_ref().map_or_else(|| uuid::Uuid::now_v7().to_string(), |row| row.id.clone()),
        name,
        description: wanted.description,
        managed_by: wanted.managed_by,
        members: members.into_iter().collect(),
        created_at: before.as_ref().map_or(at, |row| row.created_at),
        updated_at: at,
    };
    if before.as_ref().is_some_and(|before| own_fields(before) != own_fields(&row)) || are_others {
        kept_by_nobody(reader, &row.name, keeper).await?;
    }
    row.members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(WantedGroup { before, row, new, version })
}

/// Creates, replaces or patches a group with its members.
pub async fn write_group(
    tx: &mut Transaction,
    name: GroupName,
    write: ObjectWrite,
) -> Result<Written<Group>, WriteError> {
    let wanted = wanted_group(tx, name, write, &BTreeMap::new()).await?;
    let (row, untouched) = (&wanted.row, tx.last_seq());
    match (&wanted.before, wanted.own_change()) {
        (None, _) => insert_group(tx, row).await?,
        (Some(_), Some(change)) => {
            tx.update_group(row).await?;
            tx.note(change);
        }
        (Some(_), None) => {}
    }
    for gone in wanted.gone() {
        if let Some(found) = tx.find_subject(&gone.name).await? {
            remove_member(tx, row, &gone, &found.row.id).await?;
        }
    }
    for (new, id) in &wanted.new {
        add_member(tx, row, new, id).await?;
    }
    let last = tx.last_seq();
    let version = if last == untouched { wanted.version } else { last };
    Ok(Written { object: Group::new(row), version, created: wanted.before.is_none() })
}

/// Turns the groups with the owner mark (`managed_by`) `owner` into ordinary groups. This happens when a provider is
/// deleted or made: neither a deleted nor a new provider decides who is in an existing group.
pub async fn release_groups(tx: &mut Transaction, owner: &str, at: Timestamp) -> Result<(), WriteError> {
    for name in tx.list_groups_of(owner).await? {
        let Some(before) = tx.find_group(&name).await? else { continue };
        let after = GroupRow { managed_by: None, updated_at: at, ..before.clone() };
        tx.update_group(&after).await?;
        tx.note(Change::updated(ObjectKind::Group, &name, &own_fields(&before), &own_fields(&after)));
    }
    Ok(())
}

/// Deletes a group. `policy` is the policy that this transaction sees.
///
/// # Errors
/// [`WriteError::NamedByRules`] if rules name the group and `cascade` is false; [`WriteError::Conflict`] if a provider
/// keeps the group; [`WriteError::NotFound`]; [`WriteError::Stale`].
pub async fn delete_group(
    tx: &mut Transaction,
    policy: &Policy,
    name: &GroupName,
    deletion: &Deletion,
    at: Timestamp,
) -> Result<(), WriteError> {
    let row = tx.find_group(name).await?.ok_or_else(|| missing(name))?;
    deletion.precondition.check(tx, ObjectKind::Group, name.as_str(), true).await?;
    kept_by_nobody(tx, name, row.managed_by.as_deref()).await?;
    detach_from_rules(tx, policy, &Selector::Group(name.clone()), deletion.cascade, at).await?;
    for member in &row.members {
        tx.note(Change::member_removed(&row.name, member));
    }
    tx.delete_group(&row.id).await?;
    tx.note(Change::deleted(ObjectKind::Group, &row.name, &own_fields(&row)));
    Ok(())
}

//! Groups: named sets of users and robots.

use super::input::{Place, Write, check_description, check_managed_by, fields};
use super::list::{List, ListQuery};
use super::subjects::{Deletion, detach_from_rules, recorded};
use super::{Admin, Administration, ManageError, Precondition, Request, Versioned, Written};
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::Policy;
use crate::domain::schema;
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Change, GroupRow, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A group as the API shows it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Group {
    /// Its name.
    pub name: GroupName,
    /// For people to read.
    pub description: String,
    /// Users and robots in it, sorted by name.
    pub members: Vec<SubjectRef>,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
}

impl Group {
    fn new(row: &GroupRow) -> Self {
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
    /// For people to read.
    #[serde(default)]
    #[schema(schema_with = schema::description)]
    pub description: String,
    /// Users and robots in it, which must exist.
    #[serde(default)]
    #[schema(value_type = Vec<SubjectRef>, max_items = 100000)]
    pub members: Vec<String>,
    /// Who keeps it, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

/// How many members a group may have.
const MOST_MEMBERS: usize = 100_000;

fn missing(name: &str) -> ManageError {
    ManageError::NotFound { kind: "group", name: name.to_owned() }
}

/// The group's own fields; members have changes of their own.
fn own_fields(row: &GroupRow) -> Value {
    json!({"name": row.name, "description": row.description, "managed_by": row.managed_by})
}

pub(super) fn membership(action: &'static str, group: &GroupName, member: &SubjectRef) -> Change {
    let state = Some(json!({"member": member}));
    let (before, after) = if action == "add-member" { (None, state) } else { (state, None) };
    Change { action, kind: "group", name: group.to_string(), before, after }
}

/// Those that a group shall have, and the internal ids of those among them that are new to it, who
/// must exist.
async fn resolve(
    tx: &mut Transaction,
    members: &[String],
    old: &BTreeSet<SubjectRef>,
    errors: &mut FieldErrors,
) -> Result<(BTreeSet<SubjectRef>, BTreeMap<SubjectRef, String>), ManageError> {
    let (mut all, mut new) = (BTreeSet::new(), BTreeMap::new());
    if members.len() > MOST_MEMBERS {
        errors.push("members", format_args!("at most {MOST_MEMBERS}"));
        return Ok((all, new));
    }
    for (i, text) in members.iter().enumerate() {
        let Some(member) = errors.keep(format!("members[{i}]"), SubjectRef::parse(text)) else {
            continue;
        };
        if !old.contains(&member) {
            let found = tx.find_subject(&member.name).await?.filter(|found| found.row.subject == member);
            match found {
                Some(found) => drop(new.insert(member.clone(), found.row.id)),
                None => {
                    let why = format_args!("there is no `{member}`: create it first");
                    errors.push(format!("members[{i}]"), why);
                }
            }
        }
        all.insert(member);
    }
    Ok((all, new))
}

impl Administration {
    /// A group.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] or [`ManageError::Store`].
    pub async fn find_group(&self, _: &Admin, name: &str) -> Result<Versioned<Group>, ManageError> {
        let parsed = GroupName::parse(name).map_err(|_| missing(name))?;
        let mut reader = self.store.read().await?;
        let version = reader.version("group", name).await?;
        let row = reader.find_group(&parsed).await?.ok_or_else(|| missing(name))?;
        Ok(Versioned { object: Group::new(&row), version })
    }

    /// A page of the groups.
    ///
    /// # Errors
    /// [`ManageError::Store`].
    pub async fn list_groups(&self, _: &Admin, query: &ListQuery) -> Result<List<Group>, ManageError> {
        let page = query.page()?;
        let groups = self.store.read().await?.list_groups(&page).await?;
        Ok(List::new(&page, groups.iter().map(Group::new).collect(), |group| group.name.as_str()))
    }

    /// Creates, replaces or patches a group with its members.
    pub async fn write_group(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
        precondition: Precondition,
    ) -> Result<Written<Group>, ManageError> {
        let name = GroupName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let request = Request::single(write, precondition, admin.origin.at);
        self.commit(&admin.origin, move |tx| Box::pin(write_group(tx, name, request))).await
    }

    /// Deletes a group and its memberships.
    ///
    /// # Errors
    /// [`ManageError::NamedByRules`] without `cascade` while rules name it.
    pub async fn delete_group(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let name = GroupName::parse(name).map_err(|_| missing(name))?;
        let (snapshots, at) = (self.snapshots.clone(), admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                // The counter is ours, so the snapshot at its seq is the state this transaction sees.
                let snapshot = snapshots.at_least(tx.base_seq()).await?;
                delete_group(tx, &snapshot.policy, &name, &deletion, at).await
            })
        })
        .await
    }

    /// Puts one subject into a group, or takes it out (`present: false`). Idempotent.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] for an unknown group or member, and when there is no such
    /// membership to end.
    pub async fn write_member(
        &self,
        admin: &Admin,
        group: &str,
        member: &str,
        present: bool,
        precondition: Precondition,
    ) -> Result<(), ManageError> {
        let name = GroupName::parse(group).map_err(|_| missing(group))?;
        let member = SubjectRef::parse(member).map_err(|error| FieldErrors::one("member", error))?;
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let row = tx.find_group(&name).await?.ok_or_else(|| missing(name.as_str()))?;
                precondition.check(tx, "group", name.as_str(), true).await?;
                let no_member = || ManageError::NotFound { kind: "member", name: member.to_string() };
                let found = tx.find_subject(&member.name).await?.filter(|found| found.row.subject == member);
                let found = found.ok_or_else(no_member)?;
                match (row.members.contains(&member), present) {
                    (true, true) => {}
                    (false, true) if row.members.len() >= MOST_MEMBERS => {
                        let why = format!("the group has {MOST_MEMBERS} members: take one out first");
                        return Err(ManageError::Conflict(why));
                    }
                    (false, true) => {
                        tx.insert_member(&row.id, &found.row.id).await?;
                        tx.note(membership("add-member", &row.name, &member));
                    }
                    (true, false) => {
                        tx.delete_member(&row.id, &found.row.id).await?;
                        tx.note(membership("remove-member", &row.name, &member));
                    }
                    (false, false) => return Err(no_member()),
                }
                Ok(())
            })
        })
        .await
    }
}

/// Creates, replaces or patches a group with its members inside a transaction.
pub(super) async fn write_group(
    tx: &mut Transaction,
    name: GroupName,
    request: Request,
) -> Result<Written<Group>, ManageError> {
    let at = request.at;
    let before = tx.find_group(&name).await?;
    let version = request.check(tx, "group", name.as_str(), before.is_some()).await?;
    let place = Place {
        kind: "group",
        name: name.as_str(),
        shown: before.as_ref().map(|row| recorded(&Group::new(row))),
        read_only: &[],
    };
    let wanted: GroupFields = fields(place, request.write)?;
    let mut errors = FieldErrors::default();
    check_description(&mut errors, &wanted.description);
    check_managed_by(&mut errors, wanted.managed_by.as_deref());
    let old: BTreeSet<SubjectRef> =
        before.as_ref().map(|row| row.members.iter().cloned().collect()).unwrap_or_default();
    let (members, new) = resolve(tx, &wanted.members, &old, &mut errors).await?;
    errors.into_result()?;
    let mut row = GroupRow {
        id: before.as_ref().map_or_else(|| uuid::Uuid::now_v7().to_string(), |row| row.id.clone()),
        name,
        description: wanted.description,
        managed_by: wanted.managed_by,
        members: Vec::new(),
        created_at: before.as_ref().map_or(at, |row| row.created_at),
        updated_at: at,
    };
    let untouched = tx.last_seq();
    match &before {
        None => {
            tx.insert_group(&row).await?;
            tx.note(change("create", None, Some(&row)));
        }
        Some(before) if own_fields(before) != own_fields(&row) => {
            tx.update_group(&row).await?;
            tx.note(change("update", Some(before), Some(&row)));
        }
        Some(_) => {}
    }
    for gone in old.difference(&members) {
        if let Some(found) = tx.find_subject(&gone.name).await? {
            tx.delete_member(&row.id, &found.row.id).await?;
            tx.note(membership("remove-member", &row.name, gone));
        }
    }
    for (new, id) in &new {
        tx.insert_member(&row.id, id).await?;
        tx.note(membership("add-member", &row.name, new));
    }
    row.members = members.into_iter().collect();
    row.members.sort_by(|a, b| a.name.cmp(&b.name));
    let last = tx.last_seq();
    let version = if last == untouched { version } else { last };
    Ok(Written { object: Group::new(&row), version, created: before.is_none() })
}

/// Deletes a group inside a transaction that sees `policy`.
pub(super) async fn delete_group(
    tx: &mut Transaction,
    policy: &Policy,
    name: &GroupName,
    deletion: &Deletion,
    at: Timestamp,
) -> Result<(), ManageError> {
    let row = tx.find_group(name).await?.ok_or_else(|| missing(name.as_str()))?;
    deletion.precondition.check(tx, "group", name.as_str(), true).await?;
    detach_from_rules(tx, policy, &Selector::Group(name.clone()), deletion.cascade, at).await?;
    for member in &row.members {
        tx.note(membership("remove-member", &row.name, member));
    }
    tx.delete_group(&row.id).await?;
    tx.note(change("delete", Some(&row), None));
    Ok(())
}

pub(super) fn change(action: &'static str, before: Option<&GroupRow>, after: Option<&GroupRow>) -> Change {
    let name = after.or(before).map(|row| row.name.to_string()).unwrap_or_default();
    Change { action, kind: "group", name, before: before.map(own_fields), after: after.map(own_fields) }
}

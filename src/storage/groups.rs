//! Groups and their members.

use super::reader::{Reader, field, parsed, time};
use super::statements::{
    COUNT_GROUP, COUNT_GROUPS_NAMED, COUNT_MEMBERS_NAMED, DELETE_GROUP, DELETE_MEMBER, INSERT_GROUP,
    INSERT_MEMBER, LIST_GROUPS, LIST_MEMBERS, SELECT_GROUP, SELECT_MEMBERS, SELECT_MEMBERS_CHANGED,
    UPDATE_GROUP,
};
use super::subjects::subject_ref;
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

/// A group as stored, with its members sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// The internal id of the group.
    pub id: String,
    /// The name of the group.
    pub name: GroupName,
    /// The description of the group, for people.
    pub description: String,
    /// The declarative tool that manages the group, if any.
    pub managed_by: Option<String>,
    /// The users and robots in the group.
    pub members: Vec<SubjectRef>,
    /// The time at which the group was created.
    pub created_at: Timestamp,
    /// The time at which the group was last changed.
    pub updated_at: Timestamp,
}

impl Reader {
    /// Reads a page of the groups, sorted by name, and one more group if it exists.
    pub async fn list_groups(&mut self, page: &Page) -> Result<Vec<GroupRow>, StoreError> {
        listed(&self.all(page.bind(sqlx::query(LIST_GROUPS))).await?)
    }

    /// Counts all groups whose names match the prefix of a page.
    pub async fn count_groups(&mut self, page: &Page) -> Result<i64, StoreError> {
        self.count(page.bind_prefix(sqlx::query(COUNT_GROUPS_NAMED))).await
    }

    /// Finds the internal id of a group.
    pub async fn find_group_id(&mut self, name: &GroupName) -> Result<Option<String>, StoreError> {
        let row = self.one(sqlx::query(SELECT_GROUP).bind(name.as_str())).await?;
        row.map(|row| field(&row, "id")).transpose()
    }

    /// Reads a page of the members of the group with this id, sorted by name, and one more member if it exists.
    pub async fn list_members(&mut self, id: &str, page: &Page) -> Result<Vec<SubjectRef>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_MEMBERS).bind(id))).await?;
        rows.iter().map(subject_ref).collect()
    }

    /// Counts all members whose names match the prefix of a page.
    pub async fn count_members(&mut self, id: &str, page: &Page) -> Result<i64, StoreError> {
        self.count(page.bind_prefix(sqlx::query(COUNT_MEMBERS_NAMED).bind(id))).await
    }

    /// Returns true if a group with this name exists.
    pub async fn has_group(&mut self, name: &GroupName) -> Result<bool, StoreError> {
        Ok(self.count(sqlx::query(COUNT_GROUP).bind(name.as_str())).await? > 0)
    }

    /// Reads the groups whose members changed after `after`, each with the time of the last such change. The times
    /// come from the audit trail, because a change of members does not change the group's own row.
    pub async fn members_changed(
        &mut self,
        after: Timestamp,
    ) -> Result<Vec<(GroupName, Timestamp)>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_MEMBERS_CHANGED).bind(after.as_micros())).await?;
        rows.iter().map(|row| Ok((parsed(row, "name", GroupName::parse)?, time(row, "at")?))).collect()
    }

    /// Finds a group by its name.
    pub async fn find_group(&mut self, name: &GroupName) -> Result<Option<GroupRow>, StoreError> {
        let Some(row) = self.one(sqlx::query(SELECT_GROUP).bind(name.as_str())).await? else {
            return Ok(None);
        };
        let id: String = field(&row, "id")?;
        let members = self.all(sqlx::query(SELECT_MEMBERS).bind(id.as_str())).await?;
        Ok(Some(GroupRow {
            id,
            name: parsed(&row, "name", GroupName::parse)?,
            description: field(&row, "description")?,
            managed_by: field(&row, "managed_by")?,
            members: members.iter().map(subject_ref).collect::<Result<_, _>>()?,
            created_at: time(&row, "created_at")?,
            updated_at: time(&row, "updated_at")?,
        }))
    }
}

fn listed(rows: &[AnyRow]) -> Result<Vec<GroupRow>, StoreError> {
    let mut groups: Vec<GroupRow> = Vec::new();
    for row in rows {
        let id: String = field(row, "id")?;
        if groups.last().is_none_or(|last| last.id != id) {
            groups.push(GroupRow {
                id,
                name: parsed(row, "group_name", GroupName::parse)?,
                description: field(row, "description")?,
                managed_by: field(row, "managed_by")?,
                members: Vec::new(),
                created_at: time(row, "created_at")?,
                updated_at: time(row, "updated_at")?,
            });
        }
        let member = match field::<Option<String>>(row, "name")? {
            Some(_) => Some(subject_ref(row)?),
            None => None,
        };
        if let Some(last) = groups.last_mut() {
            last.members.extend(member);
        }
    }
    Ok(groups)
}

/// Binds the values that an insert and an update of a group share.
fn bind<'q>(statement: &'static str, group: &'q GroupRow) -> Query<'q, Any, AnyArguments> {
    sqlx::query(statement)
        .bind(group.id.as_str())
        .bind(group.description.as_str())
        .bind(group.managed_by.as_deref())
        .bind(group.updated_at.as_micros())
}

impl Transaction {
    /// Stores a new group without its members. [`StoreError::Conflict`] means that the name is taken.
    pub async fn insert_group(&mut self, group: &GroupRow) -> Result<(), StoreError> {
        let query = bind(INSERT_GROUP, group).bind(group.name.as_str()).bind(group.created_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces the fields of a group, but not its members.
    pub async fn update_group(&mut self, group: &GroupRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_GROUP, group)).await.map(|_| ())
    }

    /// Deletes a group and its memberships.
    pub async fn delete_group(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_GROUP).bind(id)).await.map(|_| ())
    }

    /// Adds a subject to a group. [`StoreError::Conflict`] means that the subject is already a member.
    pub async fn insert_member(&mut self, group_id: &str, subject_id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(INSERT_MEMBER).bind(group_id).bind(subject_id)).await.map(|_| ())
    }

    /// Removes a subject from a group.
    pub async fn delete_member(&mut self, group_id: &str, subject_id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_MEMBER).bind(group_id).bind(subject_id)).await.map(|_| ())
    }
}

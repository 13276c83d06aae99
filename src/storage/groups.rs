//! Groups and who belongs to them.

use super::reader::{Reader, field, parsed, time};
use super::statements::{
    COUNT_GROUP, COUNT_GROUPS_NAMED, COUNT_MEMBERS_NAMED, DELETE_GROUP, DELETE_MEMBER, INSERT_GROUP,
    INSERT_MEMBER, LIST_GROUPS, LIST_MEMBERS, SELECT_GROUP, SELECT_MEMBERS, UPDATE_GROUP,
};
use super::subjects::subject_ref;
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::subject::{GroupName, SubjectRef};
use crate::domain::time::Timestamp;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

/// A group as it is stored, with its members sorted by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// Internal id.
    pub id: String,
    /// Its name.
    pub name: GroupName,
    /// For people to read.
    pub description: String,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
    /// Users and robots in it.
    pub members: Vec<SubjectRef>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Reader {
    /// A page of the groups, by name.
    pub async fn list_groups(&mut self, page: &Page) -> Result<Vec<GroupRow>, StoreError> {
        listed(&self.all(page.bind(sqlx::query(LIST_GROUPS))).await?)
    }

    /// How many groups there are in the whole list that a page is of.
    pub async fn count_groups(&mut self, page: &Page) -> Result<i64, StoreError> {
        self.count(page.bind_prefix(sqlx::query(COUNT_GROUPS_NAMED))).await
    }

    /// The internal id of a group.
    pub async fn find_group_id(&mut self, name: &GroupName) -> Result<Option<String>, StoreError> {
        let row = self.one(sqlx::query(SELECT_GROUP).bind(name.as_str())).await?;
        row.map(|row| field(&row, "id")).transpose()
    }

    /// A page of the members of the group with this id, by name.
    pub async fn list_members(&mut self, id: &str, page: &Page) -> Result<Vec<SubjectRef>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_MEMBERS).bind(id))).await?;
        rows.iter().map(subject_ref).collect()
    }

    /// How many members there are in the whole list that a page is of.
    pub async fn count_members(&mut self, id: &str, page: &Page) -> Result<i64, StoreError> {
        self.count(page.bind_prefix(sqlx::query(COUNT_MEMBERS_NAMED).bind(id))).await
    }

    /// Whether there is a group of that name.
    pub async fn has_group(&mut self, name: &GroupName) -> Result<bool, StoreError> {
        Ok(self.count(sqlx::query(COUNT_GROUP).bind(name.as_str())).await? > 0)
    }

    /// A group by name.
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

/// Binds what an insert and an update of a group have in common.
fn bind<'q>(statement: &'static str, group: &'q GroupRow) -> Query<'q, Any, AnyArguments> {
    sqlx::query(statement)
        .bind(group.id.as_str())
        .bind(group.description.as_str())
        .bind(group.managed_by.as_deref())
        .bind(group.updated_at.as_micros())
}

impl Transaction {
    /// Stores a new group, without its members. [`StoreError::Conflict`] says that the name is taken.
    pub async fn insert_group(&mut self, group: &GroupRow) -> Result<(), StoreError> {
        let query = bind(INSERT_GROUP, group).bind(group.name.as_str()).bind(group.created_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces a group's own fields.
    pub async fn update_group(&mut self, group: &GroupRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_GROUP, group)).await.map(|_| ())
    }

    /// Deletes a group and its memberships.
    pub async fn delete_group(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_GROUP).bind(id)).await.map(|_| ())
    }

    /// Puts a subject into a group. [`StoreError::Conflict`] says that it is in there already.
    pub async fn insert_member(&mut self, group_id: &str, subject_id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(INSERT_MEMBER).bind(group_id).bind(subject_id)).await.map(|_| ())
    }

    /// Takes a subject out of a group.
    pub async fn delete_member(&mut self, group_id: &str, subject_id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_MEMBER).bind(group_id).bind(subject_id)).await.map(|_| ())
    }
}

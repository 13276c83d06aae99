//! Users and robots.

use super::identity::identity;
use super::reader::{Reader, field, flag, optional_time, parsed, time};
use super::statements::{
    COUNT_OTHER_ADMINS, COUNT_SUBJECTS, COUNT_SUBJECTS_NAMED, DELETE_SUBJECT, INSERT_SUBJECT,
    LIST_STALE_ROBOTS, LIST_SUBJECTS, SELECT_FOLDED_NAME, SELECT_LAST_USES, SELECT_SUBJECT_BY_ID,
    SELECT_SUBJECT_BY_NAME, UPDATE_REHASHED, UPDATE_SUBJECT,
};
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::identity::Identity;
use crate::domain::subject::{GroupName, Labels, Subject, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use std::collections::BTreeSet;

/// A user or robot as stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectRow {
    /// The internal id, to which credentials and memberships refer.
    pub id: String,
    /// The kind and the name of the subject.
    pub subject: SubjectRef,
    /// The description for people. Only robots have one.
    pub description: String,
    /// True if the subject is an administrator.
    pub admin: bool,
    /// True if the subject may not sign in or get tokens.
    pub disabled: bool,
    /// The labels of the subject.
    pub labels: Labels,
    /// The hash of the password, in PHC or bcrypt form; `None` without a password.
    pub password_hash: Option<String>,
    /// A number that grows whenever the older sessions of the subject must become invalid, for example after a change
    /// of the password.
    pub credential_version: i64,
    /// The time at which the robot expires.
    pub expires_at: Option<Timestamp>,
    /// The declarative tool that manages the subject, if any.
    pub managed_by: Option<String>,
    /// The time at which the subject was created.
    pub created_at: Timestamp,
    /// The time at which the subject was last changed.
    pub updated_at: Timestamp,
}

impl std::fmt::Debug for SubjectRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SubjectRow")
            .field("id", &self.id)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// A subject with its groups and its identity. All come from the same state of the database.
#[derive(Debug, Clone)]
pub struct StoredSubject {
    /// The subject without its groups.
    pub row: SubjectRow,
    /// The groups of the subject.
    pub groups: BTreeSet<GroupName>,
    /// The identity of the subject, if a provider vouches for the subject.
    pub identity: Option<Identity>,
    /// The seq of the last change in the state from which the subject was read.
    pub seq: i64,
}

impl StoredSubject {
    /// Returns the subject in the form that rules see.
    #[must_use]
    pub fn as_subject(&self) -> Subject {
        Subject {
            identity: Some(self.row.subject.clone()),
            groups: self.groups.clone(),
            labels: self.row.labels.clone(),
        }
    }
}

/// The times at which a subject's sessions and keys were last used. A field is `None` if the subject has no such
/// credential, or never used it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastUses {
    /// The last use of a browser session.
    pub browser: Option<Timestamp>,
    /// The last use of a refresh token.
    pub client: Option<Timestamp>,
    /// The last use of an access key.
    pub access_key: Option<Timestamp>,
}

/// Reads a subject from its rows: one row for each group, or a single row without a group. Returns `None` without rows.
pub(super) fn found(rows: &[AnyRow]) -> Result<Option<StoredSubject>, StoreError> {
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut groups = BTreeSet::new();
    for row in rows {
        if let Some(name) = field::<Option<String>>(row, "group_name")? {
            let name = GroupName::parse(&name).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            groups.insert(name);
        }
    }
    let (identity, seq) = (identity(first)?, field(first, "seq")?);
    Ok(Some(StoredSubject { row: subject_row(first)?, groups, identity, seq }))
}

pub(super) fn subject_ref(row: &AnyRow) -> Result<SubjectRef, StoreError> {
    let kind = parsed(row, "kind", SubjectKind::parse)?;
    Ok(SubjectRef { kind, name: parsed(row, "name", SubjectName::parse)? })
}

fn subject_row(row: &AnyRow) -> Result<SubjectRow, StoreError> {
    Ok(SubjectRow {
        id: field(row, "id")?,
        subject: subject_ref(row)?,
        description: field(row, "description")?,
        admin: flag(row, "admin")?,
        disabled: flag(row, "disabled")?,
        labels: parsed(row, "labels", |text| serde_json::from_str(text))?,
        password_hash: field(row, "password_hash")?,
        credential_version: field(row, "credential_version")?,
        expires_at: optional_time(row, "expires_at")?,
        managed_by: field(row, "managed_by")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

/// Binds the values that an insert and an update of a subject share.
fn bind<'q>(
    statement: &'static str,
    row: &'q SubjectRow,
) -> Result<Query<'q, Any, AnyArguments>, StoreError> {
    let labels =
        serde_json::to_string(&row.labels).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(sqlx::query(statement)
        .bind(row.id.as_str())
        .bind(row.description.as_str())
        .bind(i64::from(row.admin))
        .bind(i64::from(row.disabled))
        .bind(labels)
        .bind(row.password_hash.as_deref())
        .bind(row.credential_version)
        .bind(row.expires_at.map(Timestamp::as_micros))
        .bind(row.managed_by.as_deref())
        .bind(row.updated_at.as_micros()))
}

impl Reader {
    /// Finds a user or robot by the exact name.
    pub async fn find_subject(&mut self, name: &SubjectName) -> Result<Option<StoredSubject>, StoreError> {
        Ok(self.find_in_any_case(name).await?.filter(|found| found.row.subject.name == *name))
    }

    /// Finds the user or robot whose name equals `name`, ignoring upper and lower case. At most one such subject
    /// exists.
    pub async fn find_in_any_case(
        &mut self,
        name: &SubjectName,
    ) -> Result<Option<StoredSubject>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_NAME).bind(name.folded())).await?;
        found(&rows)
    }

    /// Finds a user or robot by the internal id.
    pub async fn find_subject_by_id(&mut self, id: &str) -> Result<Option<StoredSubject>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_ID).bind(id)).await?;
        found(&rows)
    }

    /// Finds a user or robot by kind and exact name.
    pub async fn find_account(&mut self, subject: &SubjectRef) -> Result<Option<StoredSubject>, StoreError> {
        Ok(self.find_subject(&subject.name).await?.filter(|found| found.row.subject == *subject))
    }

    /// Reads a page of the users or of the robots, sorted by name, and one more if it exists.
    pub async fn list_subjects(
        &mut self,
        kind: SubjectKind,
        page: &Page,
    ) -> Result<Vec<StoredSubject>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_SUBJECTS).bind(kind.as_str()))).await?;
        let mut subjects = Vec::new();
        let mut rest = rows.as_slice();
        while let Some(first) = rest.first() {
            let id: String = field(first, "id")?;
            let own = rest.iter().take_while(|row| field::<String>(row, "id").is_ok_and(|other| other == id));
            let (own, others) = rest.split_at(own.count().max(1).min(rest.len()));
            subjects.extend(found(own)?);
            rest = others;
        }
        Ok(subjects)
    }

    /// Counts all users or robots whose names match the prefix of a page.
    pub async fn count_subjects(&mut self, kind: SubjectKind, page: &Page) -> Result<i64, StoreError> {
        self.count(page.bind_prefix(sqlx::query(COUNT_SUBJECTS_NAMED).bind(kind.as_str()))).await
    }

    /// Reads at most `limit` names of robots, sorted and beginning after `after`. After `before`, these robots were not
    /// changed, used no credential and got no access key. Leaves out robots that are disabled or expired at `now`.
    pub async fn list_stale_robots(
        &mut self,
        after: &str,
        before: Timestamp,
        now: Timestamp,
        limit: i64,
    ) -> Result<Vec<SubjectName>, StoreError> {
        let query = sqlx::query(LIST_STALE_ROBOTS).bind(after).bind(before.as_micros());
        let rows = self.all(query.bind(now.as_micros()).bind(limit)).await?;
        rows.iter().map(|row| parsed(row, "name", SubjectName::parse)).collect()
    }

    /// Reads when a subject's sessions and keys were last used, to the minute.
    pub async fn last_uses(&mut self, id: &str) -> Result<LastUses, StoreError> {
        let row = self.one(sqlx::query(SELECT_LAST_USES).bind(id)).await?;
        let Some(row) = row else { return Ok(LastUses::default()) };
        Ok(LastUses {
            browser: optional_time(&row, "browser")?,
            client: optional_time(&row, "client")?,
            access_key: optional_time(&row, "access_key")?,
        })
    }

    /// Returns true if any subject exists. Before the first start is complete, no subject exists.
    pub async fn has_subjects(&mut self) -> Result<bool, StoreError> {
        Ok(self.count(sqlx::query(COUNT_SUBJECTS)).await? > 0)
    }

    /// Finds the stored name that equals `name`, ignoring upper and lower case.
    pub async fn find_look_alike(&mut self, name: &SubjectName) -> Result<Option<String>, StoreError> {
        match self.one(sqlx::query(SELECT_FOLDED_NAME).bind(name.folded())).await? {
            Some(row) => Ok(Some(field(&row, "name")?)),
            None => Ok(None),
        }
    }

    /// Returns true if an administrator other than `id` could sign in at `at` without an identity provider.
    pub async fn has_other_admin(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query(COUNT_OTHER_ADMINS).bind(at.as_micros()).bind(id);
        Ok(self.count(query).await? > 0)
    }
}

impl Transaction {
    /// Stores a new subject. [`StoreError::Conflict`] means that the name is taken, perhaps with different upper and
    /// lower case.
    pub async fn insert_subject(&mut self, row: &SubjectRow) -> Result<(), StoreError> {
        let query = bind(INSERT_SUBJECT, row)?
            .bind(row.subject.kind.as_str())
            .bind(row.subject.name.as_str())
            .bind(row.subject.name.folded())
            .bind(row.created_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces everything except the id, the kind, the name and the time of creation.
    pub async fn update_subject(&mut self, row: &SubjectRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_SUBJECT, row)?).await.map(|_| ())
    }

    /// Replaces a password hash by a better hash of the same password, unless the password was changed meanwhile. The
    /// credential version is unchanged, so sessions continue.
    pub async fn rehash_password(&mut self, id: &str, old: &str, new: &str) -> Result<(), StoreError> {
        let query = sqlx::query(UPDATE_REHASHED).bind(new).bind(id).bind(old);
        self.run(query).await.map(|_| ())
    }

    /// Deletes a subject with its credentials, its memberships and its identity.
    pub async fn delete_subject(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_SUBJECT).bind(id)).await.map(|_| ())
    }
}

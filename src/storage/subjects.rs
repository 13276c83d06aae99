//! Users and robots.

use super::identity::identity;
use super::reader::{Reader, field, flag, optional_time, parsed, time};
use super::statements::{
    COUNT_OTHER_ADMINS, COUNT_SUBJECTS, COUNT_SUBJECTS_NAMED, DELETE_SUBJECT, INSERT_SUBJECT, LIST_SUBJECTS,
    SELECT_FOLDED_NAME, SELECT_LAST_USES, SELECT_SUBJECT_BY_ID, SELECT_SUBJECT_BY_NAME, UPDATE_REHASHED,
    UPDATE_SUBJECT,
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

/// A user or robot as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct SubjectRow {
    /// Internal id; credentials and memberships bind to it.
    pub id: String,
    /// User or robot, and its name.
    pub subject: SubjectRef,
    /// For people to read; robots have one.
    pub description: String,
    /// Whether it may do everything in the administration API.
    pub admin: bool,
    /// Whether it is shut out.
    pub disabled: bool,
    /// Its labels.
    pub labels: Labels,
    /// The password's hash in PHC or bcrypt form.
    pub password_hash: Option<String>,
    /// Counts changes of the password and of the flags that end sessions.
    pub credential_version: i64,
    /// When a robot ends.
    pub expires_at: Option<Timestamp>,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
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

/// A subject with its groups, as of one state of the database.
#[derive(Debug, Clone)]
pub struct StoredSubject {
    /// The subject.
    pub row: SubjectRow,
    /// Its groups.
    pub groups: BTreeSet<GroupName>,
    /// Who vouches for it, if it is somebody of a provider.
    pub identity: Option<Identity>,
    /// The seq of the state it was read from.
    pub seq: i64,
}

impl StoredSubject {
    /// The subject as rules see it.
    #[must_use]
    pub fn as_subject(&self) -> Subject {
        Subject {
            identity: Some(self.row.subject.clone()),
            groups: self.groups.clone(),
            labels: self.row.labels.clone(),
        }
    }
}

/// When what is kept of somebody was last used; `None` where nothing is kept or was used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LastUses {
    /// A browser session.
    pub browser: Option<Timestamp>,
    /// A refresh token.
    pub client: Option<Timestamp>,
    /// An access key.
    pub access_key: Option<Timestamp>,
}

/// Reads the rows of one subject, one a group.
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

/// Binds what an insert and an update of a subject have in common.
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
    /// A user or robot by its exact name.
    pub async fn find_subject(&mut self, name: &SubjectName) -> Result<Option<StoredSubject>, StoreError> {
        Ok(self.find_in_any_case(name).await?.filter(|found| found.row.subject.name == *name))
    }

    /// The user or robot whose name is this one, upper and lower case aside: there is at most one.
    pub async fn find_in_any_case(
        &mut self,
        name: &SubjectName,
    ) -> Result<Option<StoredSubject>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_NAME).bind(name.folded())).await?;
        found(&rows)
    }

    /// A user or robot by its internal id.
    pub async fn find_subject_by_id(&mut self, id: &str) -> Result<Option<StoredSubject>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SUBJECT_BY_ID).bind(id)).await?;
        found(&rows)
    }

    /// A user or robot by its exact name, if it is of that kind.
    pub async fn find_account(&mut self, subject: &SubjectRef) -> Result<Option<StoredSubject>, StoreError> {
        Ok(self.find_subject(&subject.name).await?.filter(|found| found.row.subject == *subject))
    }

    /// A page of the users or of the robots, by name.
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

    /// How many users or robots there are in the whole list that a page is of.
    pub async fn count_subjects(&mut self, kind: SubjectKind, page: &Page) -> Result<i64, StoreError> {
        self.count(page.bind_prefix(sqlx::query(COUNT_SUBJECTS_NAMED).bind(kind.as_str()))).await
    }

    /// When what is kept of somebody was last used, each to the minute.
    pub async fn last_uses(&mut self, id: &str) -> Result<LastUses, StoreError> {
        let row = self.one(sqlx::query(SELECT_LAST_USES).bind(id)).await?;
        let Some(row) = row else { return Ok(LastUses::default()) };
        Ok(LastUses {
            browser: optional_time(&row, "browser")?,
            client: optional_time(&row, "client")?,
            access_key: optional_time(&row, "access_key")?,
        })
    }

    /// Whether there is any subject: `false` only before the first start is complete.
    pub async fn has_subjects(&mut self) -> Result<bool, StoreError> {
        Ok(self.count(sqlx::query(COUNT_SUBJECTS)).await? > 0)
    }

    /// The name that is equal to `name` but for case, if there is one.
    pub async fn find_look_alike(&mut self, name: &SubjectName) -> Result<Option<String>, StoreError> {
        match self.one(sqlx::query(SELECT_FOLDED_NAME).bind(name.folded())).await? {
            Some(row) => Ok(Some(field(&row, "name")?)),
            None => Ok(None),
        }
    }

    /// Whether an administrator other than `id` could sign in at `at`.
    pub async fn has_other_admin(&mut self, id: &str, at: Timestamp) -> Result<bool, StoreError> {
        let query = sqlx::query(COUNT_OTHER_ADMINS).bind(at.as_micros()).bind(id);
        Ok(self.count(query).await? > 0)
    }
}

impl Transaction {
    /// Stores a new subject. [`StoreError::Conflict`] says that the name is taken, perhaps in other case.
    pub async fn insert_subject(&mut self, row: &SubjectRow) -> Result<(), StoreError> {
        let query = bind(INSERT_SUBJECT, row)?
            .bind(row.subject.kind.as_str())
            .bind(row.subject.name.as_str())
            .bind(row.subject.name.folded())
            .bind(row.created_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces everything but the id, the kind, the name and the time of creation.
    pub async fn update_subject(&mut self, row: &SubjectRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_SUBJECT, row)?).await.map(|_| ())
    }

    /// Exchanges a hash for a better one of the same password, unless the password was changed
    /// meanwhile. No new credential version: sessions go on.
    pub async fn rehash_password(&mut self, id: &str, old: &str, new: &str) -> Result<(), StoreError> {
        let query = sqlx::query(UPDATE_REHASHED).bind(new).bind(id).bind(old);
        self.run(query).await.map(|_| ())
    }

    /// Deletes a subject with its credentials and memberships.
    pub async fn delete_subject(&mut self, id: &str) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_SUBJECT).bind(id)).await.map(|_| ())
    }
}

//! Users: people, who sign in with a password.

use super::input::{Place, Write, check_managed_by, fields};
use super::list::{List, ListQuery};
use super::passwords::NewPassword;
use super::subjects::{Deletion, claim_name, end_sessions, recorded, some_administrator_is_left};
use super::{Admin, Administration, ManageError, Precondition, Request, Versioned, Written};
use crate::domain::invalid::FieldErrors;
use crate::domain::schema;
use crate::domain::subject::{GroupName, Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Change, StoredSubject, SubjectRow, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A user as the API shows it and as changes record it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// The name to sign in with.
    pub name: SubjectName,
    /// Whether the user may do everything in the administration API.
    pub admin: bool,
    /// Whether the user is shut out.
    pub disabled: bool,
    /// Attributes that rules may use.
    pub labels: Labels,
    /// The groups the user belongs to.
    pub groups: BTreeSet<GroupName>,
    /// Whether there is a password.
    pub has_password: bool,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl User {
    pub(super) fn new(found: &StoredSubject) -> Self {
        let row = &found.row;
        Self {
            name: row.subject.name.clone(),
            admin: row.admin,
            disabled: row.disabled,
            labels: row.labels.clone(),
            groups: found.groups.clone(),
            has_password: row.password_hash.is_some(),
            managed_by: row.managed_by.clone(),
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The fields of a user that may be written, but for the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserPut, example = json!({"password": "a perfectly long password", "labels": {"team": ["web"]}}))]
pub struct UserFields {
    /// Whether the user may do everything in the administration API.
    #[serde(default)]
    pub admin: bool,
    /// Whether the user is shut out.
    #[serde(default)]
    pub disabled: bool,
    /// Attributes that rules may use.
    #[serde(default)]
    #[schema(value_type = Labels)]
    pub labels: BTreeMap<String, Vec<String>>,
    /// Who keeps it, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

impl Administration {
    /// A user.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] or [`ManageError::Store`].
    pub async fn find_user(&self, _: &Admin, name: &str) -> Result<Versioned<User>, ManageError> {
        let found = self.shown_subject(SubjectKind::User, name).await?;
        Ok(Versioned { object: User::new(&found.object), version: found.version })
    }

    /// A page of the users.
    ///
    /// # Errors
    /// [`ManageError::Store`].
    pub async fn list_users(&self, _: &Admin, query: &ListQuery) -> Result<List<User>, ManageError> {
        let page = query.page()?;
        let users = self.store.read().await?.list_subjects(SubjectKind::User, &page).await?;
        Ok(List::new(&page, users.iter().map(User::new).collect(), |user| user.name.as_str()))
    }

    /// Creates, replaces or patches a user.
    pub async fn write_user(
        &self,
        admin: &Admin,
        name: &str,
        mut write: Write,
        precondition: Precondition,
    ) -> Result<Written<User>, ManageError> {
        let name = SubjectName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let mut errors = FieldErrors::default();
        let password = self.take_password(&name, &mut write, &mut errors).await?;
        let sets_password = !matches!(password, NewPassword::Keep | NewPassword::Same(_));
        let owner = name.clone();
        let request = Request::single(write, precondition, admin.origin.at);
        let written = self
            .commit(&admin.origin, move |tx| Box::pin(write_user(tx, name, request, password, errors)))
            .await?;
        if sets_password {
            self.forget_initial_password(&owner);
        }
        Ok(written)
    }

    /// Deletes a user with its keys, sessions and memberships.
    ///
    /// # Errors
    /// [`ManageError::NamedByRules`] without `cascade` while rules name it.
    pub async fn delete_user(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        self.delete_subject(admin, SubjectKind::User, name, deletion).await
    }
}

/// The version that a change of password or flags raises.
fn next_version(old: Option<&SubjectRow>, admin: bool, disabled: bool, hash: Option<&str>) -> i64 {
    match old {
        None => 1,
        Some(row) => {
            let same = row.admin == admin && row.disabled == disabled && row.password_hash.as_deref() == hash;
            if same { row.credential_version } else { row.credential_version + 1 }
        }
    }
}

/// Creates, replaces or patches a user inside a transaction. `errors` are those found before.
pub(super) async fn write_user(
    tx: &mut Transaction,
    name: SubjectName,
    request: Request,
    password: NewPassword,
    mut errors: FieldErrors,
) -> Result<Written<User>, ManageError> {
    let (at, one_of_many) = (request.at, request.one_of_many);
    let before = claim_name(tx, SubjectKind::User, &name).await?;
    let version = request.check(tx, "user", name.as_str(), before.is_some()).await?;
    let place = Place {
        kind: "user",
        name: name.as_str(),
        shown: before.as_ref().map(|found| recorded(&User::new(found))),
        read_only: &["groups", "has_password", "created_at", "updated_at"],
    };
    let wanted: UserFields = fields(place, request.write)?;
    check_managed_by(&mut errors, wanted.managed_by.as_deref());
    let labels = errors.keep("labels", Labels::parse(wanted.labels)).unwrap_or_default();
    errors.into_result()?;
    let old = before.as_ref().map(|found| &found.row);
    let password_hash = match password {
        NewPassword::Keep => old.and_then(|row| row.password_hash.clone()),
        NewPassword::Remove => None,
        NewPassword::First(hash) => old.and_then(|row| row.password_hash.clone()).or(Some(hash)),
        NewPassword::Hash(hash) => Some(hash),
        NewPassword::Same(hash) if old.is_some_and(|row| row.password_hash.as_ref() == Some(&hash)) => {
            Some(hash)
        }
        NewPassword::Same(_) => {
            return Err(ManageError::Conflict(
                "the password was changed meanwhile: repeat the request".to_owned(),
            ));
        }
    };
    let row = SubjectRow {
        id: old.map_or_else(|| uuid::Uuid::now_v7().to_string(), |row| row.id.clone()),
        subject: SubjectRef { kind: SubjectKind::User, name },
        description: String::new(),
        admin: wanted.admin,
        disabled: wanted.disabled,
        labels,
        credential_version: next_version(old, wanted.admin, wanted.disabled, password_hash.as_deref()),
        password_hash,
        expires_at: None,
        managed_by: wanted.managed_by,
        created_at: old.map_or(at, |row| row.created_at),
        updated_at: at,
    };
    store_user(tx, before, row, version, one_of_many).await
}

pub(super) async fn store_user(
    tx: &mut Transaction,
    before: Option<StoredSubject>,
    row: SubjectRow,
    version: i64,
    one_of_many: bool,
) -> Result<Written<User>, ManageError> {
    let Some(before) = before else {
        tx.insert_subject(&row).await?;
        let user = User::new(&StoredSubject { row, groups: BTreeSet::new(), seq: 0 });
        tx.note(Change {
            action: "create",
            kind: "user",
            name: user.name.to_string(),
            before: None,
            after: Some(recorded(&user)),
        });
        return Ok(Written { object: user, version: tx.last_seq(), created: true });
    };
    let unchanged = SubjectRow { updated_at: before.row.updated_at, ..row.clone() } == before.row;
    if unchanged {
        return Ok(Written { object: User::new(&before), version, created: false });
    }
    let password_changed = row.password_hash != before.row.password_hash;
    if password_changed || (row.disabled && !before.row.disabled) {
        end_sessions(tx, &before.row).await?;
    }
    tx.update_subject(&row).await?;
    let was_administrator = before.row.admin && !before.row.disabled;
    let stays_for_sure = row.admin && !row.disabled && row.password_hash.is_some();
    if was_administrator && !stays_for_sure && !one_of_many {
        // Without a password, an access key may be left.
        some_administrator_is_left(tx, row.updated_at).await?;
    }
    let user = User::new(&StoredSubject { row, ..before.clone() });
    let mut after = recorded(&user);
    if password_changed && let Value::Object(after) = &mut after {
        after.insert("password_changed".to_owned(), Value::Bool(true));
    }
    tx.note(Change {
        action: "update",
        kind: "user",
        name: user.name.to_string(),
        before: Some(recorded(&User::new(&before))),
        after: Some(after),
    });
    Ok(Written { object: user, version: tx.last_seq(), created: false })
}

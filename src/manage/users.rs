//! Users: people, who sign in with a password.

use super::input::{Write, check_managed_by, fields, present};
use super::subjects::{claim_name, end_sessions, keep_an_administrator, recorded};
use super::{Admin, Administration, ManageError};
use crate::authn::ImportedHash;
use crate::domain::invalid::FieldErrors;
use crate::domain::secret::Password;
use crate::domain::subject::{GroupName, Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Change, Found, SubjectRow};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A user as the API shows it and as changes record it.
#[derive(Debug, Clone, Serialize)]
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
    pub(super) fn new(found: &Found) -> Self {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserFields {
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    labels: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    managed_by: Option<String>,
}

#[derive(Deserialize)]
struct PasswordFields {
    #[serde(default, deserialize_with = "present")]
    password: Option<Option<String>>,
    #[serde(default)]
    password_hash: Option<String>,
}

/// What happens to the password.
enum NewPassword {
    Keep,
    Remove,
    Hash(String),
}

impl Administration {
    /// A user.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] or [`ManageError::Store`].
    pub async fn find_user(&self, _: &Admin, name: &str) -> Result<User, ManageError> {
        let missing = || ManageError::NotFound { kind: "user", name: name.to_owned() };
        let parsed = SubjectName::parse(name).map_err(|_| missing())?;
        let found = self.store.read().await?.find_subject(&parsed).await?;
        found
            .filter(|found| found.row.subject.kind == SubjectKind::User)
            .map(|found| User::new(&found))
            .ok_or_else(missing)
    }

    /// Creates, replaces or patches a user; `true` when it was created.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn write_user(
        &self,
        admin: &Admin,
        name: &str,
        mut write: Write,
    ) -> Result<(User, bool), ManageError> {
        let name = SubjectName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let mut errors = FieldErrors::default();
        let password = self.take_password(&name, &mut write, &mut errors).await?;
        let sets_password = !matches!(password, NewPassword::Keep);
        let (at, owner) = (admin.origin.at, name.clone());
        let written = self
            .commit(&admin.origin, move |work| {
                Box::pin(async move {
                    let before = claim_name(work, SubjectKind::User, &name).await?;
                    let current = before.as_ref().map(|found| {
                        json!({"admin": found.row.admin, "disabled": found.row.disabled,
                            "labels": found.row.labels, "managed_by": found.row.managed_by})
                    });
                    let target = write.onto(current);
                    let target = target
                        .ok_or_else(|| ManageError::NotFound { kind: "user", name: name.to_string() })?;
                    let wanted: UserFields = fields(name.as_str(), target)?;
                    check_managed_by(&mut errors, wanted.managed_by.as_deref());
                    let labels = errors.keep("labels", Labels::parse(wanted.labels)).unwrap_or_default();
                    errors.into_result()?;
                    let old = before.as_ref().map(|found| &found.row);
                    let password_hash = match password {
                        NewPassword::Keep => old.and_then(|row| row.password_hash.clone()),
                        NewPassword::Remove => None,
                        NewPassword::Hash(hash) => Some(hash),
                    };
                    let row = SubjectRow {
                        id: old.map_or_else(|| uuid::Uuid::now_v7().to_string(), |row| row.id.clone()),
                        subject: SubjectRef { kind: SubjectKind::User, name },
                        description: String::new(),
                        admin: wanted.admin,
                        disabled: wanted.disabled,
                        labels,
                        credential_version: next_version(
                            old,
                            wanted.admin,
                            wanted.disabled,
                            password_hash.as_deref(),
                        ),
                        password_hash,
                        expires_at: None,
                        managed_by: wanted.managed_by,
                        created_at: old.map_or(at, |row| row.created_at),
                        updated_at: at,
                    };
                    store_user(work, before, row, at).await
                })
            })
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
    pub async fn delete_user(&self, admin: &Admin, name: &str, cascade: bool) -> Result<(), ManageError> {
        self.delete_subject(admin, SubjectKind::User, name, cascade, |found| recorded(&User::new(found)))
            .await
    }

    /// Takes the password out of the body, judges and hashes it: before the transaction, because
    /// it takes long.
    async fn take_password(
        &self,
        name: &SubjectName,
        write: &mut Write,
        errors: &mut FieldErrors,
    ) -> Result<NewPassword, ManageError> {
        let object = write.object()?;
        let mut taken = serde_json::Map::new();
        for key in ["password", "password_hash"] {
            if let Some(value) = object.remove(key) {
                taken.insert(key.to_owned(), value);
            }
        }
        let taken: PasswordFields = serde_json::from_value(Value::Object(taken))
            .map_err(|_| FieldErrors::one("password", "must be a string or null"))?;
        match (taken.password, taken.password_hash) {
            (None, None) => Ok(NewPassword::Keep),
            (Some(None), None) => Ok(NewPassword::Remove),
            (Some(_), Some(_)) => {
                errors.push("password_hash", "give either a password or a hash");
                Ok(NewPassword::Keep)
            }
            (None, Some(hash)) => Ok(errors
                .keep("password_hash", ImportedHash::parse(&hash))
                .map_or(NewPassword::Keep, |hash| NewPassword::Hash(hash.into_string()))),
            (Some(Some(text)), None) => {
                let password = Password::new(text);
                match password.check(name.as_str()) {
                    Ok(()) => Ok(NewPassword::Hash(self.authn.passwords().hash(&password).await?)),
                    Err(error) => {
                        errors.push("password", error);
                        Ok(NewPassword::Keep)
                    }
                }
            }
        }
    }

    /// Sets a user's own password, whose current one was proven.
    pub(super) async fn set_password(
        &self,
        origin: &crate::storage::Origin,
        name: &SubjectName,
        password: &Password,
    ) -> Result<(), ManageError> {
        password.check(name.as_str()).map_err(|error| FieldErrors::one("new_password", error))?;
        let hash = self.authn.passwords().hash(password).await?;
        let (at, owner) = (origin.at, name.clone());
        self.commit(origin, move |work| {
            Box::pin(async move {
                let before = work.find_subject(&owner).await?;
                let before =
                    before.ok_or_else(|| ManageError::NotFound { kind: "user", name: owner.to_string() })?;
                let row = SubjectRow {
                    password_hash: Some(hash),
                    credential_version: before.row.credential_version + 1,
                    updated_at: at,
                    ..before.row.clone()
                };
                store_user(work, Some(before), row, at).await.map(|_| ())
            })
        })
        .await?;
        self.forget_initial_password(name);
        Ok(())
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

async fn store_user(
    work: &mut crate::storage::Work,
    before: Option<Found>,
    row: SubjectRow,
    at: Timestamp,
) -> Result<(User, bool), ManageError> {
    let Some(before) = before else {
        work.insert_subject(&row).await?;
        let user = User::new(&Found { row, groups: BTreeSet::new(), seq: 0 });
        work.note(Change {
            action: "create",
            kind: "user",
            name: user.name.to_string(),
            before: None,
            after: Some(recorded(&user)),
        });
        return Ok((user, true));
    };
    let unchanged = SubjectRow { updated_at: before.row.updated_at, ..row.clone() } == before.row;
    if unchanged {
        return Ok((User::new(&before), false));
    }
    keep_an_administrator(work, &before.row, row.admin && !row.disabled, at).await?;
    let password_changed = row.password_hash != before.row.password_hash;
    if password_changed || (row.disabled && !before.row.disabled) {
        end_sessions(work, &before.row).await?;
    }
    work.update_subject(&row).await?;
    let user = User::new(&Found { row, ..before.clone() });
    let mut after = recorded(&user);
    if password_changed && let Value::Object(after) = &mut after {
        after.insert("password_changed".to_owned(), Value::Bool(true));
    }
    work.note(Change {
        action: "update",
        kind: "user",
        name: user.name.to_string(),
        before: Some(recorded(&User::new(&before))),
        after: Some(after),
    });
    Ok((user, false))
}

//! Users: people who sign in with a password here, or at an identity provider.

use super::credentials::NewPassword;
use super::error::WriteError;
use super::input::{Target, check_managed_by, read};
use super::objects::User;
use super::subjects::{WantedSubject, claim_name, new_subject, store_subject};
use super::write::{ObjectWrite, Written};
use crate::domain::identity::is_provider_owner;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::schema;
use crate::domain::subject::{Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Reader, StoredSubject, SubjectRow, Transaction};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The writable fields of a user, except the password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserPut, example = json!({"password": "a perfectly long password", "labels": {"team": ["web"]}}))]
pub struct UserFields {
    /// True if the user may do everything in the administration API.
    #[serde(default)]
    pub admin: bool,
    /// True if the user cannot sign in.
    #[serde(default)]
    pub disabled: bool,
    /// Attributes that rules may use.
    #[serde(default)]
    #[schema(value_type = Labels)]
    pub labels: BTreeMap<String, Vec<String>>,
    /// The owner of the object, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

/// Shown fields that this write cannot change.
const READ_ONLY: &[&str] = &["groups", "has_password", "identity", "created_at", "updated_at"];

/// The reason why a user whom a provider vouches for gets no password.
const NO_PASSWORD: &str =
    "an identity provider vouches for this user, who signs in there: unlink the user to set a password";

/// Returns the credential version after a write. A change of password, administrator flag or disabled flag raises it.
fn next_version(old: Option<&SubjectRow>, admin: bool, disabled: bool, hash: Option<&str>) -> i64 {
    match old {
        None => 1,
        Some(row) => {
            let same = row.admin == admin && row.disabled == disabled && row.password_hash.as_deref() == hash;
            if same { row.credential_version } else { row.credential_version + 1 }
        }
    }
}

/// Creates, replaces or patches a user. `linked` is the owner mark (`managed_by`) of the provider that vouches, or will
/// vouch, for the user. `errors` contains errors that were found earlier.
pub async fn write_user(
    tx: &mut Transaction,
    name: SubjectName,
    write: ObjectWrite,
    password: NewPassword,
    linked: Option<&str>,
    errors: FieldErrors,
) -> Result<Written<User>, WriteError> {
    let is_single = write.is_single();
    let wanted = wanted_user(tx, name, write, password, linked, errors).await?;
    let WantedSubject { before, row, version } = wanted;
    let written = store_subject(tx, before, row, version, is_single).await?;
    Ok(written.map(|stored| User::new(&stored)))
}

/// Returns the user that a write would create or change. Only reads. `errors` contains errors that were found earlier.
pub async fn wanted_user(
    reader: &mut Reader,
    name: SubjectName,
    write: ObjectWrite,
    password: NewPassword,
    linked: Option<&str>,
    mut errors: FieldErrors,
) -> Result<WantedSubject, WriteError> {
    let at = write.at();
    let before = claim_name(reader, SubjectKind::User, &name).await?;
    let shown = before.as_ref().map(User::new);
    let target =
        Target { read_only: READ_ONLY, ..Target::new(ObjectKind::User, name.as_str(), shown.as_ref()) };
    let (fields, version) = write.open(reader, target).await?;
    let wanted: UserFields = read(fields.into())?;
    let keeper = before.as_ref().and_then(|found| found.row.managed_by.clone());
    let owner = wanted.managed_by.as_deref();
    check_managed_by(&mut errors, owner, linked.filter(|_| owner == linked).or(keeper.as_deref()));
    let labels = errors.keep("labels", Labels::parse(wanted.labels)).unwrap_or_default();
    let old = before.as_ref().map(|found| &found.row);
    let password_hash = password.hash_after(old.and_then(|row| row.password_hash.as_ref()))?;
    if password_hash.is_some() && before.as_ref().is_some_and(|found| found.identity.is_some()) {
        errors.push("password", NO_PASSWORD);
    }
    errors.into_result()?;
    if let Some(before) = before.as_ref().filter(|found| found.row.admin && !wanted.admin) {
        stays_administrator(reader, before).await?;
    }
    // The provider's owner mark stays, even if a write that does not contain the mark replaces the user.
    let of_provider = keeper.filter(|keeper| is_provider_owner(keeper) && wanted.managed_by.is_none());
    let subject = SubjectRef { kind: SubjectKind::User, name };
    let row = SubjectRow {
        description: String::new(),
        expires_at: None,
        admin: wanted.admin,
        disabled: wanted.disabled,
        labels,
        credential_version: next_version(old, wanted.admin, wanted.disabled, password_hash.as_deref()),
        password_hash,
        managed_by: wanted.managed_by.or(of_provider),
        updated_at: at,
        ..old.cloned().unwrap_or_else(|| new_subject(subject, at))
    };
    Ok(WantedSubject { before, row, version })
}

/// Fails if a write would remove the administrator flag from a user to whom an identity provider would give it again.
async fn stays_administrator(reader: &mut Reader, found: &StoredSubject) -> Result<(), WriteError> {
    let Some(row) = reader.find_identity_of(&found.row.id).await?.filter(|row| row.given.admin) else {
        return Ok(());
    };
    let (user, provider) = (&row.subject.name, &row.identity.provider);
    match reader.find_provider(provider).await?.filter(|provider| provider.settings.enabled) {
        None => Ok(()),
        Some(_) => Err(WriteError::conflict(format_args!(
            "`{user}` is an administrator, because the identity provider `{provider}` says so, and would say so again: take the user out of the group there or the group out of `admin_groups`, or disable the user"
        ))),
    }
}

/// The further effects of [`set_password`] on the user.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lift {
    /// True if the user shall be enabled.
    pub enable: bool,
    /// True if the user shall become an administrator.
    pub make_admin: bool,
}

/// Sets a user's password, applies `lift`, and ends the user's sessions. Fails for a user of an identity provider.
pub async fn set_password(
    tx: &mut Transaction,
    before: StoredSubject,
    hash: String,
    lift: Lift,
    at: Timestamp,
) -> Result<(), WriteError> {
    if before.identity.is_some() {
        return Err(FieldErrors::one("password", NO_PASSWORD).into());
    }
    let row = SubjectRow {
        password_hash: Some(hash),
        disabled: before.row.disabled && !lift.enable,
        admin: before.row.admin || lift.make_admin,
        credential_version: before.row.credential_version + 1,
        updated_at: at,
        ..before.row.clone()
    };
    // The version `0` is unused: this function does not return a version.
    store_subject(tx, Some(before), row, 0, true).await.map(|_| ())
}

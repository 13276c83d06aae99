//! Changes of passwords: by an administrator, by the owner, or by a person with access to the database.

use super::administration::Administration;
use super::error::ManageError;
use crate::accounts::{Lift, NewPassword, Write, WriteError, revoke_key, set_password};
use crate::authn::ImportedHash;
use crate::domain::change::Origin;
use crate::domain::invalid::FieldErrors;
use crate::domain::schema;
use crate::domain::secret::Password;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::storage::SubjectRow;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Deserializes a field that distinguishes absent from null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The password fields of a body. An absent password stays; null removes it.
#[derive(Deserialize, ToSchema)]
pub struct PasswordFields {
    /// A new password.
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::password_or_null)]
    pub password: Option<Option<String>>,
    /// The hash of a new password, instead of the password.
    #[serde(default)]
    #[schema(schema_with = schema::password_hash)]
    pub password_hash: Option<String>,
}

/// Options of a reset, besides the new password.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResetOptions {
    /// True if the reset also revokes the user's access keys.
    pub revoke_keys: bool,
    /// True if the reset also makes the user an administrator.
    pub make_admin: bool,
}

/// The further effects of a reset, and the affected keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordReset {
    /// True if the user was disabled and is enabled now.
    pub enabled: bool,
    /// True if the user is an administrator now.
    pub admin: bool,
    /// True if the reset made the user an administrator.
    pub made_admin: bool,
    /// The names of the user's access keys that had not ended. The reset revoked them if its options say so.
    pub keys: Vec<String>,
}

impl Administration {
    /// Takes the password out of the body, checks it and hashes it. The caller does this before the transaction,
    /// because hashing takes long. If the user already has this password, the stored hash stays, so a repeated write
    /// changes nothing.
    pub(super) async fn take_password(
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
                    Ok(()) => self.new_password(name, &password).await,
                    Err(error) => {
                        errors.push("password", error);
                        Ok(NewPassword::Keep)
                    }
                }
            }
        }
    }

    async fn new_password(
        &self,
        name: &SubjectName,
        password: &Password,
    ) -> Result<NewPassword, ManageError> {
        let found = self.store.read().await?.find_subject(name).await?;
        let current = found.and_then(|found| found.row.password_hash);
        if let Some(current) = current
            && self.authn.passwords().is_of(password, &current).await?
        {
            return Ok(NewPassword::Same(current));
        }
        Ok(NewPassword::Hash(self.authn.passwords().hash(password).await?))
    }

    /// Sets a user's own password. `proven` is the account whose present password was proven. Fails if the account was
    /// replaced by another account with the same name, or if its password or its rights were changed meanwhile.
    pub(super) async fn set_own_password(
        &self,
        origin: &Origin,
        proven: &SubjectRow,
        password: &Password,
    ) -> Result<(), ManageError> {
        let name = proven.subject.name.clone();
        password.check(name.as_str()).map_err(|error| FieldErrors::one("new_password", error))?;
        let hash = self.authn.passwords().hash(password).await?;
        let (at, owner) = (origin.at, name.clone());
        let (id, proven_version) = (proven.id.clone(), proven.credential_version);
        self.commit(origin, move |tx| {
            Box::pin(async move {
                let before = tx.find_subject(&owner).await?.filter(|found| found.row.id == id);
                let before = before.ok_or_else(|| WriteError::not_found(SubjectKind::User, &owner))?;
                if before.row.credential_version != proven_version {
                    return Err(WriteError::conflict("the account was changed meanwhile: sign in again"));
                }
                set_password(tx, before, hash, Lift::default(), at).await
            })
        })
        .await?;
        self.forget_initial_password(&name);
        Ok(())
    }

    /// Sets a user's password, ends the user's sessions, and enables the user. Fails for an unknown user, for a user of
    /// an identity provider, and for a weak password.
    pub async fn reset_password(
        &self,
        origin: &Origin,
        name: &str,
        password: &Password,
        options: ResetOptions,
    ) -> Result<PasswordReset, ManageError> {
        let owner = self.existing(SubjectKind::User, name).await?.subject.name;
        password.check(owner.as_str()).map_err(|error| FieldErrors::one("password", error))?;
        let hash = self.authn.passwords().hash(password).await?;
        let (at, named) = (origin.at, owner.clone());
        let reset = self
            .commit(origin, move |tx| {
                Box::pin(async move {
                    let ResetOptions { revoke_keys, make_admin } = options;
                    let before = tx.find_subject(&named).await?;
                    let before = before.filter(|found| found.row.subject.kind == SubjectKind::User);
                    let before = before.ok_or_else(|| WriteError::not_found(SubjectKind::User, &named))?;
                    let mut keys = tx.list_keys(&before.row.id).await?;
                    keys.retain(|key| key.expires_at.is_none_or(|end| end > at));
                    let (enabled, was_admin) = (before.row.disabled, before.row.admin);
                    let lift = Lift { enable: true, make_admin };
                    set_password(tx, before, hash, lift, at).await?;
                    for key in keys.iter().filter(|_| revoke_keys) {
                        revoke_key(tx, None, &key.id, at).await?;
                    }
                    let keys = keys.into_iter().map(|key| key.name).collect();
                    Ok::<_, WriteError>(PasswordReset {
                        enabled,
                        admin: was_admin || make_admin,
                        made_admin: make_admin && !was_admin,
                        keys,
                    })
                })
            })
            .await?;
        self.forget_initial_password(&owner);
        Ok(reset)
    }
}

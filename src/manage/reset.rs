//! A new password for somebody who cannot sign in, given by whoever holds the database itself.

use super::users::store_user;
use super::{Administration, ManageError};
use crate::domain::invalid::FieldErrors;
use crate::domain::secret::Password;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::storage::{Origin, SubjectRow};

/// What else a reset did, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordReset {
    /// The user was disabled and is enabled now.
    pub enabled: bool,
    /// The user is an administrator.
    pub admin: bool,
}

impl Administration {
    /// Sets a user's password, ends the user's sessions, and enables the user.
    ///
    /// # Errors
    /// [`ManageError::NotFound`], [`ManageError::Invalid`] for a weak password.
    pub async fn reset_password(
        &self,
        origin: &Origin,
        name: &str,
        password: &Password,
    ) -> Result<PasswordReset, ManageError> {
        let owner = self.existing(SubjectKind::User, name).await?.subject.name;
        password.check(owner.as_str()).map_err(|error| FieldErrors::one("password", error))?;
        let hash = self.authn.passwords().hash(password).await?;
        let (at, named) = (origin.at, owner.clone());
        let reset = self
            .commit(origin, move |work| {
                Box::pin(async move {
                    let missing =
                        |name: &SubjectName| ManageError::NotFound { kind: "user", name: name.to_string() };
                    let before = work.find_subject(&named).await?;
                    let before = before.filter(|found| found.row.subject.kind == SubjectKind::User);
                    let before = before.ok_or_else(|| missing(&named))?;
                    let reset = PasswordReset { enabled: before.row.disabled, admin: before.row.admin };
                    let row = SubjectRow {
                        password_hash: Some(hash),
                        disabled: false,
                        credential_version: before.row.credential_version + 1,
                        updated_at: at,
                        ..before.row.clone()
                    };
                    let version = work.version("user", named.as_str()).await?;
                    store_user(work, Some(before), row, version).await?;
                    Ok(reset)
                })
            })
            .await?;
        self.forget_initial_password(&owner);
        Ok(reset)
    }
}

//! The operations that everybody may do with their own account.

use super::access_keys::CreatedAccessKey;
use super::administration::Administration;
use super::caller::Caller;
use super::error::ManageError;
use super::list::{List, ListQuery};
use crate::accounts::{AccessKey, RefreshToken, read, shown};
use crate::authn::{Attempt, Proof};
use crate::domain::change::Origin;
use crate::domain::key_origin::KeyOrigin;
use crate::domain::schema;
use crate::domain::secret::Password;
use crate::domain::subject::SubjectRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;
use utoipa::ToSchema;

/// A change of one's own password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present password.
    #[schema(write_only, example = "the password that held until now")]
    pub current_password: String,
    /// The new password.
    #[schema(schema_with = schema::new_password)]
    pub new_password: String,
}

/// The caller's account, and the credential in use.
#[derive(Serialize, ToSchema)]
pub struct Account {
    /// The user or robot.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    shown: Value,
    /// The account as rules name it.
    subject: SubjectRef,
    /// The access key in use; null for other credentials.
    access_key: Option<PresentedKey>,
}

/// The access key that the caller presents.
#[derive(Serialize, ToSchema)]
pub struct PresentedKey {
    /// The public id of the key.
    #[schema(schema_with = schema::id)]
    id: String,
    /// The scopes to which the key is limited; null if the key is not limited.
    #[schema(schema_with = schema::restrictions)]
    scopes: Option<Vec<String>>,
}

impl Caller {
    /// Returns the caller's own account, and the credential in use.
    #[must_use]
    pub fn describe(&self) -> Account {
        let found = &self.who.found;
        let scopes = || self.who.restriction.as_ref().map(|restriction| restriction.to_strings());
        let access_key = match &self.who.proof {
            Proof::AccessKey(id) => Some(PresentedKey { id: id.clone(), scopes: scopes() }),
            _ => None,
        };
        Account { shown: shown(found), subject: found.row.subject.clone(), access_key }
    }
}

impl Administration {
    /// Changes the caller's own password and ends the caller's sessions. The caller must give the current
    /// password, and must have signed in with a password or, recently, with a browser session.
    pub async fn change_own_password(&self, caller: &Caller, body: Value) -> Result<(), ManageError> {
        caller.unrestricted()?;
        caller.with_password()?;
        let change: PasswordChange = read(body)?;
        let found = &caller.who.found;
        let current = Password::new(change.current_password);
        let name = found.row.subject.name.as_str();
        let Origin { address, at, .. } = caller.origin;
        let attempt = Attempt::new(name, Some(found), &current, address, at);
        self.authn.passwords().verify(&attempt, Instant::now()).await?;
        self.set_own_password(&caller.origin, &found.row, &Password::new(change.new_password)).await
    }

    /// Makes a key for the caller. Fails unless the caller signed in with the password itself, or has a browser
    /// session with a recent sign-in.
    pub async fn create_own_key(
        &self,
        caller: &Caller,
        body: Value,
    ) -> Result<CreatedAccessKey, ManageError> {
        caller.unrestricted()?;
        caller.with_password()?;
        let made_by = match caller.who.proof {
            Proof::Browser(_) => KeyOrigin::Browser,
            _ => KeyOrigin::Api,
        };
        self.create_key_for(&caller.origin, caller.who.found.row.clone(), made_by, body).await
    }

    /// Lists the caller's keys.
    pub async fn list_own_keys(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<List<AccessKey>, ManageError> {
        caller.unrestricted()?;
        self.keys_of(&caller.who.found.row, query).await
    }

    /// Revokes one of the caller's keys. Fails if it belongs to somebody else.
    pub async fn revoke_own_key(&self, caller: &Caller, id: &str) -> Result<(), ManageError> {
        caller.unrestricted()?;
        self.revoke_key_of(&caller.origin, Some(caller.who.found.row.subject.clone()), id).await
    }

    /// Lists the caller's refresh tokens.
    pub async fn list_own_sessions(
        &self,
        caller: &Caller,
        query: &ListQuery,
    ) -> Result<List<RefreshToken>, ManageError> {
        caller.unrestricted()?;
        self.sessions_of(&caller.who.found.row, query).await
    }

    /// Revokes one of the caller's refresh tokens. Fails if it belongs to somebody else.
    pub async fn revoke_own_session(&self, caller: &Caller, id: &str) -> Result<(), ManageError> {
        caller.unrestricted()?;
        self.revoke_session_of(&caller.origin, Some(caller.who.found.row.subject.clone()), id).await
    }
}

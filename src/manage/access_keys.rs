//! Access keys of users and robots. The server shows a new key's secret once. A revocation takes effect at
//! once.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, ListQuery};
use crate::accounts::{AccessKey, WriteError, check_end, insert_key, read, revoke_key};
use crate::authn::digest;
use crate::domain::change::Origin;
use crate::domain::invalid::FieldErrors;
use crate::domain::key_origin::KeyOrigin;
use crate::domain::policy::{Restriction, impossible_scope};
use crate::domain::schema;
use crate::domain::secret::MachineCredential;
use crate::domain::subject::{SubjectKind, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{AccessKeyRow, NewAccessKey, SubjectRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// A new key with its secret. Only this answer shows the secret.
#[derive(Serialize, ToSchema)]
pub struct CreatedAccessKey {
    /// The public id of the key.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// A name by which people recognise the key.
    pub name: String,
    /// The credential to present as password.
    pub secret: String,
    /// The scopes to which the key is limited; null if the key is not limited.
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
    /// The time at which the key was made.
    pub created_at: Timestamp,
    /// The time at which the key ends; null if it does not end.
    pub expires_at: Option<Timestamp>,
}

/// The fields of a new key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccessKey, example = json!({"name": "ci", "scopes": ["repository:web/**:pull"]}))]
pub struct KeyFields {
    /// A name by which people recognise the key.
    #[schema(schema_with = schema::key_name)]
    pub name: String,
    /// The time at which the key ends, not in the past; null or absent for a key that does not end.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The scopes to which the key is limited; null or absent for a key without limits.
    #[serde(default)]
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
}

/// Checks the fields of a new key, and returns its restriction.
fn check(fields: &KeyFields, at: Timestamp) -> Result<Option<Arc<Restriction>>, FieldErrors> {
    let mut errors = FieldErrors::default();
    if fields.name.is_empty() || fields.name.len() > 255 || fields.name.chars().any(char::is_control) {
        errors.push("name", "must be 1 to 255 bytes without control characters");
    }
    check_end(&mut errors, fields.expires_at, None, at);
    for (at, scope) in fields.scopes.iter().flatten().enumerate() {
        if let Some(why) = impossible_scope(scope) {
            errors.push(format!("scopes[{at}]"), why);
        }
    }
    let restriction = match fields.scopes.as_deref().map(Restriction::parse) {
        None => None,
        Some(Ok(restriction)) => Some(Arc::new(restriction)),
        Some(Err(more)) => {
            errors.0.extend(more.0);
            None
        }
    };
    errors.into_result()?;
    Ok(restriction)
}

impl Administration {
    /// Makes a key for a user or robot.
    pub async fn create_key(
        &self,
        admin: &Admin,
        kind: SubjectKind,
        name: &str,
        body: Value,
    ) -> Result<CreatedAccessKey, ManageError> {
        let owner = self.existing(kind, name).await?;
        self.create_key_for(&admin.origin, owner, KeyOrigin::Api, body).await
    }

    pub(super) async fn create_key_for(
        &self,
        origin: &Origin,
        owner: SubjectRow,
        made_by: KeyOrigin,
        body: Value,
    ) -> Result<CreatedAccessKey, ManageError> {
        let fields: KeyFields = read(body)?;
        let restriction = check(&fields, origin.at)?;
        let secret = MachineCredential::new_access_key(&crate::entropy::bytes()?);
        let digest = digest(&secret);
        let key = AccessKeyRow {
            id: uuid::Uuid::now_v7().to_string(),
            name: fields.name,
            restriction,
            created_at: origin.at,
            expires_at: fields.expires_at,
            last_used_at: None,
            origin: made_by,
            last_address: None,
        };
        let key = self
            .commit(origin, move |tx| {
                Box::pin(async move {
                    // The transaction reads the owner again, because the owner may be gone by now.
                    let found = tx.find_subject(&owner.subject.name).await?;
                    let found = found.filter(|found| found.row.id == owner.id);
                    let missing = || WriteError::not_found(owner.subject.kind, &owner.subject.name);
                    let now = found.ok_or_else(missing)?.row;
                    // A disabled owner gets another error below: repeating the request would not help.
                    if now.credential_version != owner.credential_version && !now.disabled {
                        let why = "the account was changed meanwhile: repeat the request";
                        return Err(WriteError::conflict(why));
                    }
                    let new = NewAccessKey { subject_id: &now.id, key: &key, digest: &digest };
                    insert_key(tx, &now, &new).await?;
                    Ok(key)
                })
            })
            .await?;
        Ok(CreatedAccessKey {
            id: key.id,
            name: key.name,
            secret: secret.expose().to_owned(),
            scopes: key.restriction.as_deref().map(Restriction::to_strings),
            created_at: key.created_at,
            expires_at: key.expires_at,
        })
    }

    /// Returns a page of the keys of a user or robot, sorted by name.
    pub async fn list_keys(
        &self,
        _: &Admin,
        kind: SubjectKind,
        name: &str,
        query: &ListQuery,
    ) -> Result<List<AccessKey>, ManageError> {
        let owner = self.existing(kind, name).await?;
        self.keys_of(&owner, query).await
    }

    pub(super) async fn keys_of(
        &self,
        owner: &SubjectRow,
        query: &ListQuery,
    ) -> Result<List<AccessKey>, ManageError> {
        let page = query.page()?;
        let keys = self.store.read().await?.list_keys(&owner.id).await?;
        let keys = keys.iter().map(|key| AccessKey::new(&owner.subject, key)).collect();
        // Several keys may have the same name, so the cursor also contains the id. A name contains no control
        // character.
        Ok(List::cut(&page, keys, |key: &AccessKey| format!("{}\u{1}{}", key.name, key.id)))
    }

    /// Revokes a key at once. Fails if the key does not exist, or if no administrator could sign in without it.
    pub async fn revoke_key(&self, admin: &Admin, id: &str) -> Result<(), ManageError> {
        self.revoke_key_of(&admin.origin, None, id).await
    }

    /// Revokes a key. If `owner` is given, the key must belong to it.
    pub(super) async fn revoke_key_of(
        &self,
        origin: &Origin,
        owner: Option<SubjectRef>,
        id: &str,
    ) -> Result<(), ManageError> {
        let (id, at) = (id.to_owned(), origin.at);
        self.commit(origin, move |tx| Box::pin(async move { revoke_key(tx, owner.as_ref(), &id, at).await }))
            .await
    }
}

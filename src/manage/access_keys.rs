//! Access keys of users and robots: made once, shown once, revoked at once.

use super::input::read;
use super::list::{List, ListQuery};
use super::subjects::{keep_an_administrator, recorded};
use super::{Admin, Administration, ManageError};
use crate::authn::digest;
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::Restriction;
use crate::domain::schema;
use crate::domain::secret::MachineCredential;
use crate::domain::subject::{SubjectKind, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{AccessKeyRow, Change, NewAccessKey, Origin, SubjectRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// How many keys one subject may have.
const MOST_KEYS: i64 = 100;

/// An access key as the API shows it, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccessKey {
    /// Its public id.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// For people to recognise it.
    pub name: String,
    /// Whose it is.
    pub subject: SubjectRef,
    /// What it is narrowed to.
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl AccessKey {
    pub(super) fn new(subject: &SubjectRef, row: &AccessKeyRow) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            subject: subject.clone(),
            scopes: row.restriction.as_deref().map(Restriction::to_strings),
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
        }
    }
}

/// A new key with its secret, which is never shown again.
#[derive(Serialize, ToSchema)]
pub struct CreatedAccessKey {
    /// Its public id.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// For people to recognise it.
    pub name: String,
    /// The credential to present as password.
    pub secret: String,
    /// What it is narrowed to.
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// What a new key is made from.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAccessKey, example = json!({"name": "ci", "scopes": ["repository:web/**:pull"]}))]
pub struct KeyFields {
    /// For people to recognise it.
    #[schema(schema_with = schema::key_name)]
    pub name: String,
    /// When it ends; not in the past.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// What it is narrowed to.
    #[serde(default)]
    #[schema(schema_with = schema::restrictions)]
    pub scopes: Option<Vec<String>>,
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
        self.create_key_for(&admin.origin, owner, body).await
    }

    pub(super) async fn create_key_for(
        &self,
        origin: &Origin,
        owner: SubjectRow,
        body: Value,
    ) -> Result<CreatedAccessKey, ManageError> {
        let fields: KeyFields = read(body)?;
        let mut errors = FieldErrors::default();
        if fields.name.is_empty() || fields.name.len() > 255 || fields.name.chars().any(char::is_control) {
            errors.push("name", "must be 1 to 255 bytes without control characters");
        }
        if fields.expires_at.is_some_and(|end| end <= origin.at) {
            errors.push("expires_at", "is in the past");
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
        let secret = MachineCredential::new_access_key(&crate::entropy::bytes()?);
        let (digest, at) = (digest(&secret), origin.at);
        let key = self
            .commit(origin, move |tx| {
                Box::pin(async move {
                    // Read again: the owner may be gone by now.
                    let found = tx.find_subject(&owner.subject.name).await?;
                    let found = found.filter(|found| found.row.id == owner.id).ok_or_else(|| {
                        ManageError::NotFound {
                            kind: owner.subject.kind.as_str(),
                            name: owner.subject.name.to_string(),
                        }
                    })?;
                    if found.row.credential_version != owner.credential_version || found.row.disabled {
                        let why = "the account was changed meanwhile: repeat the request";
                        return Err(ManageError::Conflict(why.to_owned()));
                    }
                    if tx.count_keys(&found.row.id).await? >= MOST_KEYS {
                        return Err(ManageError::Conflict(format!(
                            "`{}` has {MOST_KEYS} access keys: revoke one first",
                            owner.subject
                        )));
                    }
                    let key = AccessKeyRow {
                        id: uuid::Uuid::now_v7().to_string(),
                        name: fields.name,
                        restriction,
                        created_at: at,
                        expires_at: fields.expires_at,
                        last_used_at: None,
                    };
                    tx.insert_key(&NewAccessKey { subject_id: &found.row.id, key: &key, digest: &digest })
                        .await?;
                    tx.note(Change {
                        action: "create",
                        kind: "access-key",
                        name: key.id.clone(),
                        before: None,
                        after: Some(recorded(&AccessKey::new(&owner.subject, &key))),
                    });
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

    /// A page of the keys of a user or robot, by name.
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
        // Names need not be unique; a name holds no control character.
        Ok(List::cut(&page, keys, |key: &AccessKey| format!("{}\u{1}{}", key.name, key.id)))
    }

    /// Revokes a key at once.
    ///
    /// # Errors
    /// [`ManageError::NotFound`]; [`ManageError::Conflict`] when no administrator could sign in
    /// without it.
    pub async fn revoke_key(&self, admin: &Admin, id: &str) -> Result<(), ManageError> {
        self.revoke_key_of(&admin.origin, None, id).await
    }

    /// Revokes a key, if it belongs to `owner` where one is given.
    pub(super) async fn revoke_key_of(
        &self,
        origin: &Origin,
        owner: Option<SubjectRef>,
        id: &str,
    ) -> Result<(), ManageError> {
        let (id, at) = (id.to_owned(), origin.at);
        self.commit(origin, move |tx| {
            Box::pin(async move {
                let key = tx.find_key(&id).await?;
                let key = key.filter(|(subject, _)| owner.as_ref().is_none_or(|owner| owner == subject));
                let Some((subject, key)) = key else {
                    return Err(ManageError::NotFound { kind: "access key", name: id });
                };
                tx.revoke_key(&id).await?;
                if let Some(holder) = tx.find_subject(&subject.name).await? {
                    // The holder may have a password or another key. No subject has the empty id.
                    let somebody_stays = tx.has_other_admin("", at).await?;
                    keep_an_administrator(tx, &holder.row, somebody_stays, at).await?;
                }
                tx.note(Change {
                    action: "revoke",
                    kind: "access-key",
                    name: id,
                    before: Some(recorded(&AccessKey::new(&subject, &key))),
                    after: None,
                });
                Ok(())
            })
        })
        .await
    }
}

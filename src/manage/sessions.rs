//! Refresh tokens: what people are signed in with.

use super::list::{List, ListQuery};
use super::subjects::{end_sessions, recorded};
use super::{Admin, Administration, ManageError};
use crate::authn::digest;
use crate::domain::invalid::FieldErrors;
use crate::domain::schema;
use crate::domain::secret::{MachineCredential, MachineSecret};
use crate::domain::service::ServiceName;
use crate::domain::subject::SubjectRef;
use crate::domain::time::Timestamp;
use crate::storage::{Change, Origin, RefreshTokenRow, SubjectRow};
use serde::Serialize;
use utoipa::ToSchema;

/// A refresh token as the API shows it, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = RefreshToken)]
pub struct RefreshTokenObject {
    /// Its public id.
    #[schema(schema_with = schema::id)]
    pub id: String,
    /// Whose it is.
    pub subject: SubjectRef,
    /// The only service it is good for.
    pub service: ServiceName,
    /// What the client called itself.
    pub client_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// Its absolute end.
    pub expires_at: Timestamp,
    /// From where it was last used.
    pub last_address: Option<String>,
}

impl RefreshTokenObject {
    pub(super) fn new(subject: &SubjectRef, row: &RefreshTokenRow) -> Self {
        Self {
            id: row.id.clone(),
            subject: subject.clone(),
            service: row.service.clone(),
            client_id: row.client_id.clone(),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
            last_address: row.last_address.clone(),
        }
    }
}

impl Administration {
    /// A page of the refresh tokens of `subject` (`user:NAME`), by id, which is by age.
    pub async fn list_sessions(
        &self,
        _: &Admin,
        subject: &str,
        query: &ListQuery,
    ) -> Result<List<RefreshTokenObject>, ManageError> {
        let subject = SubjectRef::parse(subject).map_err(|error| FieldErrors::one("subject", error))?;
        let owner = self.existing(subject.kind, subject.name.as_str()).await?;
        self.sessions_of(&owner, query).await
    }

    pub(super) async fn sessions_of(
        &self,
        owner: &SubjectRow,
        query: &ListQuery,
    ) -> Result<List<RefreshTokenObject>, ManageError> {
        let page = query.page()?;
        let tokens = self.store.read().await?.list_refresh_tokens(&owner.id).await?;
        let sessions = tokens.iter().map(|token| RefreshTokenObject::new(&owner.subject, token)).collect();
        Ok(List::cut(&page, sessions, |session: &RefreshTokenObject| session.id.clone()))
    }

    /// Ends every session of `subject` (`user:NAME`).
    pub async fn revoke_sessions(&self, admin: &Admin, subject: &str) -> Result<(), ManageError> {
        let subject = SubjectRef::parse(subject).map_err(|error| FieldErrors::one("subject", error))?;
        let owner = self.existing(subject.kind, subject.name.as_str()).await?;
        self.commit(&admin.origin, move |tx| Box::pin(async move { end_sessions(tx, &owner).await })).await
    }

    /// Revokes a refresh token at once.
    ///
    /// # Errors
    /// [`ManageError::NotFound`].
    pub async fn revoke_session(&self, admin: &Admin, id: &str) -> Result<(), ManageError> {
        self.revoke_session_of(&admin.origin, None, id).await
    }

    /// Revokes a refresh token, if it belongs to `owner` where one is given.
    pub(super) async fn revoke_session_of(
        &self,
        origin: &Origin,
        owner: Option<SubjectRef>,
        id: &str,
    ) -> Result<(), ManageError> {
        let id = id.to_owned();
        self.commit(origin, move |tx| {
            Box::pin(async move {
                let token = tx.find_refresh_token(&id).await?;
                let token = token.filter(|(subject, _)| owner.as_ref().is_none_or(|owner| owner == subject));
                let Some((subject, token)) = token else {
                    return Err(ManageError::NotFound { kind: "refresh token", name: id });
                };
                tx.revoke_refresh_token(&id).await?;
                tx.note(Change {
                    action: "revoke",
                    kind: "refresh-token",
                    name: id,
                    before: Some(recorded(&RefreshTokenObject::new(&subject, &token))),
                    after: None,
                });
                Ok(())
            })
        })
        .await
    }

    /// Revokes the refresh token whose secret is presented; holding it is proof enough. An unknown
    /// one is no error.
    ///
    /// # Errors
    /// [`ManageError::Invalid`] for an access key, [`ManageError::Store`].
    // SPEC: RFC 7009 section 2.2: the answer to an unknown token is 200 as well.
    pub async fn revoke_presented(&self, mut origin: Origin, token: &str) -> Result<(), ManageError> {
        let secret: MachineSecret = match MachineCredential::parse(token) {
            Some(MachineCredential::RefreshToken(secret)) => secret,
            Some(MachineCredential::AccessKey(_)) => {
                return Err(FieldErrors::one(
                    "token",
                    "is an access key: revoke it in the administration API",
                )
                .into());
            }
            None => return Ok(()),
        };
        let owner = self.store.read().await?.find_refresh_owner(&digest(&secret)).await?;
        let Some((found, token)) = owner else {
            return Ok(());
        };
        origin.actor = found.row.subject.to_string();
        match self.revoke_session_of(&origin, None, &token.id).await {
            Err(ManageError::NotFound { .. }) => Ok(()),
            other => other,
        }
    }
}

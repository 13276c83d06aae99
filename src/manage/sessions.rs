//! Refresh tokens: the sessions of people's clients. Ending all sessions of a subject also ends the browser sessions.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, ListQuery};
use crate::accounts::{RefreshToken, WriteError, end_sessions, revoke_refresh_token};
use crate::authn::digest;
use crate::domain::change::{Actor, Origin};
use crate::domain::invalid::FieldErrors;
use crate::domain::secret::{MachineCredential, MachineSecret};
use crate::domain::subject::SubjectRef;
use crate::storage::SubjectRow;

impl Administration {
    /// Returns a page of the refresh tokens of `subject` (`user:NAME`), sorted by id: the oldest first.
    pub async fn list_sessions(
        &self,
        _: &Admin,
        subject: &str,
        query: &ListQuery,
    ) -> Result<List<RefreshToken>, ManageError> {
        let subject = SubjectRef::parse(subject).map_err(|error| FieldErrors::one("subject", error))?;
        let owner = self.existing(subject.kind, subject.name.as_str()).await?;
        self.sessions_of(&owner, query).await
    }

    pub(super) async fn sessions_of(
        &self,
        owner: &SubjectRow,
        query: &ListQuery,
    ) -> Result<List<RefreshToken>, ManageError> {
        let page = query.page()?;
        let tokens = self.store.read().await?.list_refresh_tokens(&owner.id).await?;
        let sessions = tokens.iter().map(|token| RefreshToken::new(&owner.subject, token)).collect();
        Ok(List::cut(&page, sessions, |session: &RefreshToken| session.id.clone()))
    }

    /// Revokes every refresh token of `subject` (`user:NAME`), and ends every browser session.
    pub async fn revoke_sessions(&self, admin: &Admin, subject: &str) -> Result<(), ManageError> {
        let subject = SubjectRef::parse(subject).map_err(|error| FieldErrors::one("subject", error))?;
        let owner = self.existing(subject.kind, subject.name.as_str()).await?;
        self.commit(&admin.origin, move |tx| Box::pin(async move { end_sessions(tx, &owner).await })).await
    }

    /// Revokes a refresh token at once. Fails if it does not exist.
    pub async fn revoke_session(&self, admin: &Admin, id: &str) -> Result<(), ManageError> {
        self.revoke_session_of(&admin.origin, None, id).await
    }

    /// Revokes a refresh token. If `owner` is given, the token must belong to it.
    pub(super) async fn revoke_session_of(
        &self,
        origin: &Origin,
        owner: Option<SubjectRef>,
        id: &str,
    ) -> Result<(), ManageError> {
        let id = id.to_owned();
        self.commit(origin, move |tx| {
            Box::pin(async move { revoke_refresh_token(tx, owner.as_ref(), &id).await })
        })
        .await
    }

    /// Revokes the refresh token whose secret the client presents. The client needs no other credential. An unknown
    /// token is not an error. Fails for an access key.
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
        origin.actor = Actor::Subject(found.row.subject);
        match self.revoke_session_of(&origin, None, &token.id).await {
            Err(ManageError::Write(WriteError::NotFound { .. })) => Ok(()),
            other => other,
        }
    }
}

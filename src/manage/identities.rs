//! The identities of users at providers.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use crate::accounts::{self, IdentityObject, Precondition, Versioned, WriteError, Written};
use crate::authn::Confirmed;
use crate::domain::identity::{ProviderName, is_external_id};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::schema;
use crate::domain::subject::{SubjectKind, SubjectName};
use crate::storage::{IdentityRow, Reader};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The identity of a user at a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityPut)]
pub struct IdentityFields {
    /// The name of the identity provider.
    #[schema(value_type = ProviderName)]
    pub provider: String,
    /// The provider's permanent id of the person: the claim `sub`, or `oid` at Entra.
    #[schema(schema_with = schema::line)]
    pub external_id: String,
}

/// The identity of a user after a check at the provider, and the result of the check.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecheckedIdentity {
    #[serde(flatten)]
    identity: IdentityObject,
    /// `confirmed` or `refused`: the provider's answer. `silent`: the provider gave no answer. `unclear`: the
    /// provider's answer about this user was unusable. `held`: the provider refuses very many people at once, so
    /// nobody is cut off. `overtaken`: the user or the provider was changed meanwhile. `elsewhere`: another
    /// check of the user is in progress, or has just ended.
    #[schema(value_type = String)]
    outcome: &'static str,
    /// The reason for `silent` and `unclear`; null for other outcomes.
    reason: Option<String>,
}

fn none(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::Identity, name)
}

/// Finds the identity of a user. Fails if there is no such user, or if the user has no identity.
async fn find(reader: &mut Reader, name: &str) -> Result<IdentityRow, ManageError> {
    let parsed = SubjectName::parse(name).map_err(|_| WriteError::not_found(SubjectKind::User, name))?;
    let found = reader.find_subject(&parsed).await?;
    let found = found.filter(|found| found.row.subject.kind == SubjectKind::User);
    let found = found.ok_or_else(|| WriteError::not_found(SubjectKind::User, name))?;
    Ok(reader.find_identity_of(&found.row.id).await?.ok_or_else(|| none(name))?)
}

impl Administration {
    /// Finds the identity of a user at its provider.
    pub async fn find_identity(
        &self,
        _: &Admin,
        name: &str,
    ) -> Result<Versioned<IdentityObject>, ManageError> {
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::Identity, name).await?;
        Ok(Versioned { object: IdentityObject::new(&find(&mut reader, name).await?), version })
    }

    /// Links a user with a person of a provider. The user loses the password.
    pub async fn link_identity(
        &self,
        admin: &Admin,
        name: &str,
        body: Value,
        precondition: Precondition,
    ) -> Result<Written<IdentityObject>, ManageError> {
        let wanted: IdentityFields = accounts::read(body)?;
        let name = SubjectName::parse(name).map_err(|_| WriteError::not_found(SubjectKind::User, name))?;
        let provider = ProviderName::parse(&wanted.provider);
        let provider = provider.map_err(|error| FieldErrors::one("provider", error))?;
        let id = wanted.external_id;
        if !is_external_id(&id) {
            let why = "must be 1 to 255 bytes without control characters";
            return Err(FieldErrors::one("external_id", why).into());
        }
        let at = admin.origin.at;
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let found = tx.find_subject(&name).await?;
                let is_linked = found.is_some_and(|found| found.identity.is_some());
                precondition.check(tx, ObjectKind::Identity, name.as_str(), is_linked).await?;
                let row = tx.find_provider(&provider).await?;
                let row =
                    row.ok_or_else(|| WriteError::not_found(ObjectKind::IdentityProvider, &provider))?;
                let written = accounts::link(tx, &name, &row.settings, id, at).await?;
                let version = tx.version(ObjectKind::Identity, name.as_str()).await?;
                Ok::<_, WriteError>(if written.created { written } else { Written { version, ..written } })
            })
        })
        .await
    }

    /// Ends the identity of a user, and removes everything that the provider gave the user. The user stays, without
    /// keys and sessions.
    pub async fn unlink_identity(
        &self,
        admin: &Admin,
        name: &str,
        precondition: Precondition,
    ) -> Result<(), ManageError> {
        let (name, at) = (name.to_owned(), admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let row = find(tx, &name).await?;
                precondition.check(tx, ObjectKind::Identity, &name, true).await?;
                let provider = tx.find_provider(&row.identity.provider).await?.ok_or_else(|| none(&name))?;
                accounts::unlink(tx, &row, &provider.settings.owner(), at).await?;
                Ok::<_, ManageError>(())
            })
        })
        .await
    }

    /// Asks the provider about a user now, and returns the result. Fails with a conflict if the provider gave no
    /// refresh token for the user.
    pub async fn recheck_identity(
        &self,
        admin: &Admin,
        name: &str,
    ) -> Result<RecheckedIdentity, ManageError> {
        let row = find(&mut self.store.read().await?, name).await?;
        if !row.identity.checkable {
            return Err(WriteError::conflict(format_args!(
                "`{}` gave no refresh token for `{name}`, so it cannot be asked: the user must sign in again",
                row.identity.provider
            ))
            .into());
        }
        let confirmed = self.outside()?.check_now(row, admin.origin.at).await?;
        let (outcome, reason) = match confirmed {
            Some(Confirmed::Good) => ("confirmed", None),
            Some(Confirmed::Ended) => ("refused", None),
            Some(Confirmed::NoAnswer(why)) => ("silent", Some(why)),
            Some(Confirmed::Unclear(why)) => ("unclear", Some(why)),
            Some(Confirmed::Held) => ("held", None),
            Some(Confirmed::Overtaken) => ("overtaken", None),
            None => ("elsewhere", None),
        };
        let identity = IdentityObject::new(&find(&mut self.store.read().await?, name).await?);
        Ok(RecheckedIdentity { identity, outcome, reason })
    }
}

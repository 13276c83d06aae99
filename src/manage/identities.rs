//! The identities of users: who vouches for them.

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

/// Who a user is at a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IdentityPut)]
pub struct IdentityFields {
    /// The provider.
    #[schema(value_type = ProviderName)]
    pub provider: String,
    /// What the provider calls the person for good: the claim `sub`, or `oid` at Entra.
    #[schema(schema_with = schema::line)]
    pub external_id: String,
}

/// The identity of a user after the provider was asked, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecheckedIdentity {
    #[serde(flatten)]
    identity: IdentityObject,
    /// `confirmed`; `refused`; `silent` when the provider gave no answer; `unclear` when it said nothing usable about this
    /// user; `held` when it refuses very many at once, so that nobody is cut off; `overtaken` when the user or the provider
    /// was changed meanwhile; `elsewhere` when another server is asking.
    #[schema(value_type = String)]
    outcome: &'static str,
    /// What was wrong with the answer.
    reason: Option<String>,
}

fn none(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::Identity, name)
}

/// The identity of a user.
async fn find(reader: &mut Reader, name: &str) -> Result<IdentityRow, ManageError> {
    let parsed = SubjectName::parse(name).map_err(|_| WriteError::not_found(SubjectKind::User, name))?;
    let found = reader.find_subject(&parsed).await?;
    let found = found.filter(|found| found.row.subject.kind == SubjectKind::User);
    let found = found.ok_or_else(|| WriteError::not_found(SubjectKind::User, name))?;
    Ok(reader.find_identity_of(&found.row.id).await?.ok_or_else(|| none(name))?)
}

impl Administration {
    /// Who vouches for a user.
    pub async fn find_identity(
        &self,
        _: &Admin,
        name: &str,
    ) -> Result<Versioned<IdentityObject>, ManageError> {
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::Identity, name).await?;
        Ok(Versioned { object: IdentityObject::new(&find(&mut reader, name).await?), version })
    }

    /// Links a user with somebody of a provider. The user loses the password.
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

    /// Ends what a provider vouched for. The user stays, without keys and sessions.
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

    /// Asks the provider about a user now, and tells what came of it.
    pub async fn recheck_identity(
        &self,
        admin: &Admin,
        name: &str,
    ) -> Result<RecheckedIdentity, ManageError> {
        let row = find(&mut self.store.read().await?, name).await?;
        if !row.identity.checkable {
            return Err(WriteError::conflict(format_args!(
                "`{}` gave no refresh token for `{name}`, so it cannot be asked: the user signs in again",
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

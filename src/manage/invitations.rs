//! Invitations. An invitation is a link on which a user without a password sets the first password. So no
//! administrator knows or sends the password. The link is a secret, although it is a URL. So it can be used only
//! once, and only within a day.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{List, ListQuery};
use crate::accounts::{Lift, WriteError, claim_name, insert_subject, new_subject, set_password};
use crate::authn::digest;
use crate::domain::change::{Actor, Change, Origin};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::secret::{MachineSecret, Password, SigninSecret};
use crate::domain::subject::{SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::entropy;
use crate::storage::{
    FlowKind, FlowRow, FlowSubject, InvitationRow, NewFlow, Reader, StoreError, StoredSubject, SubjectRow,
};
use serde::Serialize;
use serde_json::json;
use std::net::IpAddr;
use utoipa::ToSchema;

/// The life of an invitation, seconds: 24 hours.
const LIFE_SECONDS: i64 = 86_400;

/// A new invitation. Only this answer shows the link.
#[derive(Serialize, ToSchema)]
pub struct Invitation {
    /// The URL of the page on which the user sets the first password. It can be used once.
    #[schema(example = "https://auth.example.org/signin/invite/ptr_i_…")]
    pub url: String,
    /// The time at which the invitation ends.
    pub expires_at: Timestamp,
}

/// An invitation that can still be used, as the API lists it: without its link.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenInvitation {
    /// The invited user.
    pub user: SubjectName,
    /// The time at which the invitation was made.
    pub created_at: Timestamp,
    /// The time at which the invitation ends.
    pub expires_at: Timestamp,
}

/// Fails for a user who cannot be invited.
fn can_be_invited(found: &StoredSubject) -> Result<(), WriteError> {
    let row = &found.row;
    let who = &row.subject;
    if let Some(identity) = &found.identity {
        return Err(WriteError::conflict(format_args!(
            "`{who}` signs in with `{}`: unlink the user first",
            identity.provider
        )));
    }
    if row.disabled {
        return Err(WriteError::conflict(format_args!("`{who}` is disabled: enable it first")));
    }
    if row.password_hash.is_some() {
        return Err(WriteError::conflict(format_args!(
            "`{who}` has a password already: remove it first, or let the user change it"
        )));
    }
    Ok(())
}

/// Returns the user of an invitation, unless the user is gone, cannot be invited any more, or has a newer credential
/// version.
async fn invited(reader: &mut Reader, row: &FlowRow) -> Result<Option<StoredSubject>, StoreError> {
    let Some(subject) = &row.subject else {
        return Ok(None);
    };
    let found = reader.find_subject_by_id(&subject.id).await?;
    Ok(found.filter(|found| {
        found.row.credential_version == subject.credential_version && can_be_invited(found).is_ok()
    }))
}

impl Administration {
    /// Makes an invitation for a user, and ends the user's earlier invitation. With `create`, also makes the user if
    /// it does not exist. Fails for a user who has a password, is disabled, or signs in with an identity provider.
    pub async fn invite(&self, admin: &Admin, name: &str, create: bool) -> Result<Invitation, ManageError> {
        let owner = if create {
            SubjectName::parse(name).map_err(|error| FieldErrors::one("name", error))?
        } else {
            self.existing(SubjectKind::User, name).await?.subject.name
        };
        let secret = SigninSecret::Invitation.generate(&entropy::bytes()?);
        let (digest, at) = (digest(&secret), admin.origin.at);
        let expires_at = at.plus_seconds(LIFE_SECONDS);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let found = match claim_name(tx, SubjectKind::User, &owner).await? {
                    Some(found) => found,
                    None if create => {
                        let subject = SubjectRef { kind: SubjectKind::User, name: owner.clone() };
                        insert_subject(tx, new_subject(subject, at)).await?.object
                    }
                    None => return Err(WriteError::not_found(SubjectKind::User, &owner)),
                };
                can_be_invited(&found)?;
                tx.delete_invitations(&found.row.id).await?;
                let subject = FlowSubject {
                    id: found.row.id.clone(),
                    credential_version: found.row.credential_version,
                };
                let row = FlowRow {
                    kind: FlowKind::Invitation,
                    details: json!({}),
                    address: None,
                    subject: Some(subject),
                    outcome: None,
                    created_at: at,
                    expires_at,
                };
                tx.insert_flow(&NewFlow { digest, user_code: None, network: None, row }).await?;
                let after = json!({"subject": found.row.subject, "expires_at": expires_at});
                tx.note(Change::created(ObjectKind::Invitation, &owner, &after));
                Ok::<_, WriteError>(())
            })
        })
        .await?;
        let origin = self.serving.as_ref().map_or("", |serving| serving.public_url.as_str());
        Ok(Invitation { url: format!("{origin}/signin/invite/{}", secret.expose()), expires_at })
    }

    /// Returns a page of the invitations that can still be used.
    pub async fn list_invitations(
        &self,
        admin: &Admin,
        query: &ListQuery,
    ) -> Result<List<OpenInvitation>, ManageError> {
        let page = query.page()?;
        let rows = self.store.read().await?.list_invitations(&page, admin.origin.at).await?;
        let shown = |row: InvitationRow| OpenInvitation {
            user: row.subject.name,
            created_at: row.created_at,
            expires_at: row.expires_at,
        };
        Ok(List::new(&page, rows.into_iter().map(shown).collect(), |one| one.user.as_str()))
    }

    /// Ends the invitation of a user. Fails if the user has no invitation.
    pub async fn withdraw_invitation(&self, admin: &Admin, name: &str) -> Result<(), ManageError> {
        let owner = self.existing(SubjectKind::User, name).await?;
        let missing = WriteError::not_found(ObjectKind::Invitation, name);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                if tx.delete_invitations(&owner.id).await? == 0 {
                    return Err(missing);
                }
                let before = json!({"subject": owner.subject});
                tx.note(Change::deleted(ObjectKind::Invitation, &owner.subject.name, &before));
                Ok(())
            })
        })
        .await
    }

    /// Finds the user of an invitation. Returns `None` if the invitation is unknown, used, replaced or has ended, or if
    /// its user was deleted, disabled, linked with a provider, or given a password or another administrator flag.
    pub async fn find_invitation(
        &self,
        secret: &MachineSecret,
        now: Timestamp,
    ) -> Result<Option<SubjectRef>, ManageError> {
        let mut reader = self.store.read().await?;
        let Some(row) = reader.find_flow(FlowKind::Invitation, &digest(secret), now).await? else {
            return Ok(None);
        };
        Ok(invited(&mut reader, &row).await?.map(|found| found.row.subject))
    }

    /// Sets the first password of the invited user, and ends the invitation. Returns `None` in the cases of
    /// [`Administration::find_invitation`]. Fails for a weak password, and the invitation stays usable.
    pub async fn accept_invitation(
        &self,
        secret: &MachineSecret,
        password: &Password,
        address: Option<IpAddr>,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Option<SubjectRow>, ManageError> {
        let Some(subject) = self.find_invitation(secret, now).await? else {
            return Ok(None);
        };
        let name = subject.name.clone();
        password.check(name.as_str()).map_err(|error| FieldErrors::one("password", error))?;
        let hash = self.authn.passwords().hash(password).await?;
        let digest = digest(secret);
        let origin = Origin::new(Actor::Subject(subject), address, request_id.to_owned(), now);
        self.commit(&origin, move |tx| {
            Box::pin(async move {
                let Some(row) = tx.take_flow(FlowKind::Invitation, &digest, now).await? else {
                    return Ok(None);
                };
                let Some(before) = invited(tx, &row).await? else {
                    return Ok(None);
                };
                let noted = json!({"subject": before.row.subject, "expires_at": row.expires_at});
                set_password(tx, before, hash, Lift::default(), now).await?;
                tx.note(Change::deleted(ObjectKind::Invitation, &name, &noted));
                Ok::<_, WriteError>(tx.find_subject(&name).await?.map(|found| found.row))
            })
        })
        .await
    }
}

//! The shared operations of users and robots: finding and deleting them.

use super::administration::{Administration, policy_of};
use super::caller::Admin;
use super::error::ManageError;
use crate::accounts::{self, Deletion, Versioned, WriteError};
use crate::domain::kind::ObjectKind;
use crate::domain::subject::{SubjectKind, SubjectName, SubjectRef};
use crate::storage::{Reader, StoredSubject, SubjectRow};

fn parse(kind: SubjectKind, name: &str) -> Result<SubjectRef, WriteError> {
    let name = SubjectName::parse(name).map_err(|_| WriteError::not_found(kind, name))?;
    Ok(SubjectRef { kind, name })
}

/// Makes the error for a missing user or robot, with the name that the caller probably meant.
pub(super) async fn missing(reader: &mut Reader, wanted: &SubjectRef) -> ManageError {
    match accounts::meant_subject(reader, &wanted.name).await {
        Ok(meant) => WriteError::no_subject(wanted, meant).into(),
        Err(error) => error.into(),
    }
}

impl Administration {
    /// Finds a user or robot with its version. Reads the version first: a change between the two reads only
    /// makes a later `If-Match` fail.
    pub(super) async fn find_subject(
        &self,
        kind: SubjectKind,
        name: &str,
    ) -> Result<Versioned<StoredSubject>, ManageError> {
        let subject = parse(kind, name)?;
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::from(kind), name).await?;
        match reader.find_account(&subject).await? {
            Some(object) => Ok(Versioned { object, version }),
            None => Err(missing(&mut reader, &subject).await),
        }
    }

    /// Finds the row of a user or robot. Fails if it does not exist.
    pub(super) async fn existing(&self, kind: SubjectKind, name: &str) -> Result<SubjectRow, ManageError> {
        let subject = parse(kind, name)?;
        let mut reader = self.store.read().await?;
        match reader.find_account(&subject).await? {
            Some(found) => Ok(found.row),
            None => Err(missing(&mut reader, &subject).await),
        }
    }

    /// Deletes a user or robot with its keys, sessions and memberships. Fails if rules name the user or robot and
    /// `cascade` is false, or if it is the last administrator who can sign in.
    pub(super) async fn delete_subject(
        &self,
        admin: &Admin,
        kind: SubjectKind,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let subject = parse(kind, name)?;
        let (snapshots, at) = (self.snapshots.clone(), admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let policy = policy_of(tx, &snapshots).await?;
                accounts::delete_subject(tx, &policy, &subject, &deletion, at).await
            })
        })
        .await
    }
}

//! Manages users. A user is a person who signs in with a password here, or at an identity provider.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{CountedListQuery, List};
use crate::accounts::{
    self, Deletion, NewPassword, ObjectWrite, Precondition, User, Versioned, Write, Written,
};
use crate::domain::invalid::FieldErrors;
use crate::domain::subject::{SubjectKind, SubjectName};

impl Administration {
    /// Finds a user and its version. Fails if the user does not exist.
    pub async fn find_user(&self, _: &Admin, name: &str) -> Result<Versioned<User>, ManageError> {
        let found = self.find_subject(SubjectKind::User, name).await?;
        Ok(Versioned { object: User::new(&found.object), version: found.version })
    }

    /// Returns a page of the users, sorted by name.
    pub async fn list_users(&self, _: &Admin, query: &CountedListQuery) -> Result<List<User>, ManageError> {
        let (page, with_total) = query.page()?;
        let mut reader = self.store.read().await?;
        let users = reader.list_subjects(SubjectKind::User, &page).await?;
        let mut list = List::new(&page, users.iter().map(User::new).collect(), |user| user.name.as_str());
        if with_total {
            list.total = Some(reader.count_subjects(SubjectKind::User, &page).await?);
        }
        Ok(list)
    }

    /// Creates, replaces or patches a user.
    pub async fn write_user(
        &self,
        admin: &Admin,
        name: &str,
        mut write: Write,
        precondition: Precondition,
    ) -> Result<Written<User>, ManageError> {
        let name = SubjectName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let mut errors = FieldErrors::default();
        let password = self.take_password(&name, &mut write, &mut errors).await?;
        let sets_password = !matches!(password, NewPassword::Keep | NewPassword::Same(_));
        let owner = name.clone();
        let write = ObjectWrite::single(write, precondition, admin.origin.at);
        let written = self
            .commit(&admin.origin, move |tx| {
                Box::pin(accounts::write_user(tx, name, write, password, None, errors))
            })
            .await?;
        if sets_password {
            self.forget_initial_password(&owner);
        }
        Ok(written)
    }

    /// Deletes a user with its keys, sessions and memberships. Fails if rules name the user and `cascade` is false, or
    /// if it is the last administrator who can sign in.
    pub async fn delete_user(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        self.delete_subject(admin, SubjectKind::User, name, deletion).await
    }
}

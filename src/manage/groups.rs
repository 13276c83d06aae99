//! Groups: named sets of users and robots.

use super::administration::{Administration, policy_of};
use super::caller::Admin;
use super::error::ManageError;
use super::list::{CountedListQuery, List};
use crate::accounts::{
    self, Deletion, Group, ObjectWrite, Precondition, Versioned, Write, WriteError, Written,
};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::subject::{GroupName, SubjectRef};

fn missing(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::Group, name)
}

impl Administration {
    /// Finds a group and its version. Fails if the group does not exist.
    pub async fn find_group(&self, _: &Admin, name: &str) -> Result<Versioned<Group>, ManageError> {
        let parsed = GroupName::parse(name).map_err(|_| missing(name))?;
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::Group, name).await?;
        let row = reader.find_group(&parsed).await?.ok_or_else(|| missing(name))?;
        Ok(Versioned { object: Group::new(&row), version })
    }

    /// Returns a page of the groups, sorted by name.
    pub async fn list_groups(&self, _: &Admin, query: &CountedListQuery) -> Result<List<Group>, ManageError> {
        let (page, with_total) = query.page()?;
        let mut reader = self.store.read().await?;
        let groups = reader.list_groups(&page).await?;
        let mut list = List::new(&page, groups.iter().map(Group::new).collect(), |group| group.name.as_str());
        if with_total {
            list.total = Some(reader.count_groups(&page).await?);
        }
        Ok(list)
    }

    /// Returns a page of the members of a group, sorted by name.
    pub async fn list_members(
        &self,
        _: &Admin,
        group: &str,
        query: &CountedListQuery,
    ) -> Result<List<SubjectRef>, ManageError> {
        let (page, with_total) = query.page()?;
        let parsed = GroupName::parse(group).map_err(|_| missing(group))?;
        let mut reader = self.store.read().await?;
        let id = reader.find_group_id(&parsed).await?.ok_or_else(|| missing(group))?;
        let members = reader.list_members(&id, &page).await?;
        let mut list = List::new(&page, members, |member| member.name.as_str());
        if with_total {
            list.total = Some(reader.count_members(&id, &page).await?);
        }
        Ok(list)
    }

    /// Creates, replaces or patches a group with its members.
    pub async fn write_group(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
        precondition: Precondition,
    ) -> Result<Written<Group>, ManageError> {
        let name = GroupName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let write = ObjectWrite::single(write, precondition, admin.origin.at);
        self.commit(&admin.origin, move |tx| Box::pin(accounts::write_group(tx, name, write))).await
    }

    /// Deletes a group and its memberships. Fails if rules name the group and `cascade` is false, or if an identity
    /// provider keeps the group.
    pub async fn delete_group(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let name = GroupName::parse(name).map_err(|_| missing(name))?;
        let (snapshots, at) = (self.snapshots.clone(), admin.origin.at);
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move {
                let policy = policy_of(tx, &snapshots).await?;
                accounts::delete_group(tx, &policy, &name, &deletion, at).await
            })
        })
        .await
    }

    /// Adds one subject to a group, or removes it (`present: false`). Adding a member again changes nothing. Fails for
    /// an unknown group or member, for the removal of a subject that is not a member, for a full group, and for a group
    /// that an identity provider keeps.
    pub async fn write_member(
        &self,
        admin: &Admin,
        group: &str,
        member: &str,
        present: bool,
        precondition: Precondition,
    ) -> Result<(), ManageError> {
        let group = GroupName::parse(group).map_err(|_| missing(group))?;
        let member = SubjectRef::parse(member).map_err(|error| FieldErrors::one("member", error))?;
        self.commit(&admin.origin, move |tx| {
            Box::pin(async move { accounts::write_member(tx, &group, &member, present, &precondition).await })
        })
        .await
    }
}

//! Robots: machines, which have access keys and no password.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::list::{CountedListQuery, List};
use crate::accounts::{self, Deletion, ObjectWrite, Precondition, Robot, Versioned, Write, Written};
use crate::domain::invalid::FieldErrors;
use crate::domain::subject::{SubjectKind, SubjectName};

impl Administration {
    /// Finds a robot and its version. Fails if the robot does not exist.
    pub async fn find_robot(&self, _: &Admin, name: &str) -> Result<Versioned<Robot>, ManageError> {
        let found = self.find_subject(SubjectKind::Robot, name).await?;
        Ok(Versioned { object: Robot::new(&found.object), version: found.version })
    }

    /// Returns a page of the robots, sorted by name.
    pub async fn list_robots(&self, _: &Admin, query: &CountedListQuery) -> Result<List<Robot>, ManageError> {
        let (page, with_total) = query.page()?;
        let mut reader = self.store.read().await?;
        let robots = reader.list_subjects(SubjectKind::Robot, &page).await?;
        let mut list = List::new(&page, robots.iter().map(Robot::new).collect(), |robot| robot.name.as_str());
        if with_total {
            list.total = Some(reader.count_subjects(SubjectKind::Robot, &page).await?);
        }
        Ok(list)
    }

    /// Creates, replaces or patches a robot.
    pub async fn write_robot(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
        precondition: Precondition,
    ) -> Result<Written<Robot>, ManageError> {
        let name = SubjectName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let write = ObjectWrite::single(write, precondition, admin.origin.at);
        self.commit(&admin.origin, move |tx| Box::pin(accounts::write_robot(tx, name, write))).await
    }

    /// Deletes a robot with its keys and memberships. Fails if rules name the robot and `cascade` is false, or if it is
    /// the last administrator who can sign in.
    pub async fn delete_robot(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        self.delete_subject(admin, SubjectKind::Robot, name, deletion).await
    }
}

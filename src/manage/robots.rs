//! Robots: machines, which have access keys and no password.

use super::input::{Place, Write, check_description, check_managed_by, fields};
use super::list::{List, ListQuery};
use super::subjects::{Deletion, claim_name, keep_an_administrator, recorded};
use super::{Admin, Administration, ManageError, Precondition, Request, Versioned, Written};
use crate::domain::invalid::FieldErrors;
use crate::domain::schema;
use crate::domain::subject::{GroupName, Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Change, StoredSubject, SubjectRow, Transaction};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// A robot as the API shows it and as changes record it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Robot {
    /// Its name.
    pub name: SubjectName,
    /// For people to read.
    pub description: String,
    /// Whether it may do everything in the administration API.
    pub admin: bool,
    /// Whether it is shut out.
    pub disabled: bool,
    /// Attributes that rules may use.
    pub labels: Labels,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The groups it belongs to.
    pub groups: BTreeSet<GroupName>,
    /// Who keeps it, for declarative tools.
    pub managed_by: Option<String>,
}

impl Robot {
    pub(super) fn new(found: &StoredSubject) -> Self {
        let row = &found.row;
        Self {
            name: row.subject.name.clone(),
            description: row.description.clone(),
            admin: row.admin,
            disabled: row.disabled,
            labels: row.labels.clone(),
            expires_at: row.expires_at,
            groups: found.groups.clone(),
            managed_by: row.managed_by.clone(),
        }
    }
}

/// The fields of a robot that may be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RobotPut, example = json!({"description": "builds", "labels": {"team": ["web"]}}))]
pub struct RobotFields {
    /// For people to read.
    #[serde(default)]
    #[schema(schema_with = schema::description)]
    pub description: String,
    /// Whether it may do everything in the administration API.
    #[serde(default)]
    pub admin: bool,
    /// Whether it is shut out.
    #[serde(default)]
    pub disabled: bool,
    /// Attributes that rules may use.
    #[serde(default)]
    #[schema(value_type = Labels)]
    pub labels: BTreeMap<String, Vec<String>>,
    /// When it ends.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// Who keeps it, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

impl Administration {
    /// A robot.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] or [`ManageError::Store`].
    pub async fn find_robot(&self, _: &Admin, name: &str) -> Result<Versioned<Robot>, ManageError> {
        let found = self.shown_subject(SubjectKind::Robot, name).await?;
        Ok(Versioned { object: Robot::new(&found.object), version: found.version })
    }

    /// A page of the robots.
    ///
    /// # Errors
    /// [`ManageError::Store`].
    pub async fn list_robots(&self, _: &Admin, query: &ListQuery) -> Result<List<Robot>, ManageError> {
        let page = query.page()?;
        let robots = self.store.read().await?.list_subjects(SubjectKind::Robot, &page).await?;
        Ok(List::new(&page, robots.iter().map(Robot::new).collect(), |robot| robot.name.as_str()))
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
        let request = Request::single(write, precondition, admin.origin.at);
        self.commit(&admin.origin, move |tx| Box::pin(write_robot(tx, name, request))).await
    }

    /// Deletes a robot with its keys and memberships.
    ///
    /// # Errors
    /// [`ManageError::NamedByRules`] without `cascade` while rules name it.
    pub async fn delete_robot(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        self.delete_subject(admin, SubjectKind::Robot, name, deletion).await
    }
}

/// Creates, replaces or patches a robot inside a transaction.
pub(super) async fn write_robot(
    tx: &mut Transaction,
    name: SubjectName,
    request: Request,
) -> Result<Written<Robot>, ManageError> {
    let (at, one_of_many) = (request.at, request.one_of_many);
    let before = claim_name(tx, SubjectKind::Robot, &name).await?;
    let version = request.check(tx, "robot", name.as_str(), before.is_some()).await?;
    let place = Place {
        kind: "robot",
        name: name.as_str(),
        shown: before.as_ref().map(|found| recorded(&Robot::new(found))),
        read_only: &["groups"],
    };
    let wanted: RobotFields = fields(place, request.write)?;
    let mut errors = FieldErrors::default();
    check_description(&mut errors, &wanted.description);
    check_managed_by(&mut errors, wanted.managed_by.as_deref());
    let labels = errors.keep("labels", Labels::parse(wanted.labels)).unwrap_or_default();
    errors.into_result()?;
    let old = before.as_ref().map(|found| &found.row);
    let row = SubjectRow {
        id: old.map_or_else(|| uuid::Uuid::now_v7().to_string(), |row| row.id.clone()),
        subject: SubjectRef { kind: SubjectKind::Robot, name },
        description: wanted.description,
        admin: wanted.admin,
        disabled: wanted.disabled,
        labels,
        password_hash: None,
        credential_version: old.map_or(1, |row| row.credential_version),
        expires_at: wanted.expires_at,
        managed_by: wanted.managed_by,
        created_at: old.map_or(at, |row| row.created_at),
        updated_at: at,
    };
    let Some(before) = before else {
        tx.insert_subject(&row).await?;
        let robot = Robot::new(&StoredSubject { row, groups: BTreeSet::new(), seq: 0 });
        tx.note(Change {
            action: "create",
            kind: "robot",
            name: robot.name.to_string(),
            before: None,
            after: Some(recorded(&robot)),
        });
        return Ok(Written { object: robot, version: tx.last_seq(), created: true });
    };
    if (SubjectRow { updated_at: before.row.updated_at, ..row.clone() }) == before.row {
        return Ok(Written { object: Robot::new(&before), version, created: false });
    }
    let stays = row.admin && !row.disabled && row.expires_at.is_none_or(|end| at < end);
    if !one_of_many {
        keep_an_administrator(tx, &before.row, stays, at).await?;
    }
    tx.update_subject(&row).await?;
    let robot = Robot::new(&StoredSubject { row, ..before.clone() });
    tx.note(Change {
        action: "update",
        kind: "robot",
        name: robot.name.to_string(),
        before: Some(recorded(&Robot::new(&before))),
        after: Some(recorded(&robot)),
    });
    Ok(Written { object: robot, version: tx.last_seq(), created: false })
}

//! Robots: machines, which have access keys and no password.

use super::input::{Write, check_description, check_managed_by, fields};
use super::subjects::{claim_name, keep_an_administrator, recorded};
use super::{Admin, Administration, ManageError};
use crate::domain::invalid::FieldErrors;
use crate::domain::subject::{GroupName, Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Change, Found, SubjectRow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A robot as the API shows it and as changes record it.
#[derive(Debug, Clone, Serialize)]
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
    pub(super) fn new(found: &Found) -> Self {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RobotFields {
    #[serde(default)]
    description: String,
    #[serde(default)]
    admin: bool,
    #[serde(default)]
    disabled: bool,
    #[serde(default)]
    labels: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
    #[serde(default)]
    managed_by: Option<String>,
}

impl Administration {
    /// A robot.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] or [`ManageError::Store`].
    pub async fn find_robot(&self, _: &Admin, name: &str) -> Result<Robot, ManageError> {
        let missing = || ManageError::NotFound { kind: "robot", name: name.to_owned() };
        let parsed = SubjectName::parse(name).map_err(|_| missing())?;
        let found = self.store.read().await?.find_subject(&parsed).await?;
        found
            .filter(|found| found.row.subject.kind == SubjectKind::Robot)
            .map(|found| Robot::new(&found))
            .ok_or_else(missing)
    }

    /// Creates, replaces or patches a robot; `true` when it was created.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn write_robot(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
    ) -> Result<(Robot, bool), ManageError> {
        let name = SubjectName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let at = admin.origin.at;
        self.commit(&admin.origin, move |work| {
            Box::pin(async move {
                let before = claim_name(work, SubjectKind::Robot, &name).await?;
                let current = before.as_ref().map(|found| {
                    let row = &found.row;
                    json!({"description": row.description, "admin": row.admin, "disabled": row.disabled,
                        "labels": row.labels, "expires_at": row.expires_at, "managed_by": row.managed_by})
                });
                let target = write.onto(current);
                let target =
                    target.ok_or_else(|| ManageError::NotFound { kind: "robot", name: name.to_string() })?;
                let wanted: RobotFields = fields(name.as_str(), target)?;
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
                    work.insert_subject(&row).await?;
                    let robot = Robot::new(&Found { row, groups: BTreeSet::new(), seq: 0 });
                    work.note(Change {
                        action: "create",
                        kind: "robot",
                        name: robot.name.to_string(),
                        before: None,
                        after: Some(recorded(&robot)),
                    });
                    return Ok((robot, true));
                };
                if (SubjectRow { updated_at: before.row.updated_at, ..row.clone() }) == before.row {
                    return Ok((Robot::new(&before), false));
                }
                let stays = row.admin && !row.disabled && row.expires_at.is_none_or(|end| at < end);
                keep_an_administrator(work, &before.row, stays, at).await?;
                work.update_subject(&row).await?;
                let robot = Robot::new(&Found { row, ..before.clone() });
                work.note(Change {
                    action: "update",
                    kind: "robot",
                    name: robot.name.to_string(),
                    before: Some(recorded(&Robot::new(&before))),
                    after: Some(recorded(&robot)),
                });
                Ok((robot, false))
            })
        })
        .await
    }

    /// Deletes a robot with its keys and memberships.
    ///
    /// # Errors
    /// [`ManageError::NamedByRules`] without `cascade` while rules name it.
    pub async fn delete_robot(&self, admin: &Admin, name: &str, cascade: bool) -> Result<(), ManageError> {
        self.delete_subject(admin, SubjectKind::Robot, name, cascade, |found| recorded(&Robot::new(found)))
            .await
    }
}

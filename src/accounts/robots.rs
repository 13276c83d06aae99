//! Robots: machines, which have access keys and no password.

use super::error::WriteError;
use super::input::{Target, check_description, check_end, check_managed_by, read};
use super::objects::Robot;
use super::subjects::{WantedSubject, claim_name, new_subject, store_subject};
use super::write::{ObjectWrite, Written};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::schema;
use crate::domain::subject::{Labels, SubjectKind, SubjectName, SubjectRef};
use crate::domain::time::Timestamp;
use crate::storage::{Reader, SubjectRow, Transaction};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The fields of a robot that may be written.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RobotPut, example = json!({"description": "builds", "labels": {"team": ["web"]}}))]
pub struct RobotFields {
    /// A text for people.
    #[serde(default)]
    #[schema(schema_with = schema::description)]
    pub description: String,
    /// True if the robot may do everything in the administration API.
    #[serde(default)]
    pub admin: bool,
    /// True if the robot cannot sign in.
    #[serde(default)]
    pub disabled: bool,
    /// Attributes that rules may use.
    #[serde(default)]
    #[schema(value_type = Labels)]
    pub labels: BTreeMap<String, Vec<String>>,
    /// The time at which the robot ends; null if it does not end. A time in the past is accepted only if it is
    /// already the robot's end.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// The owner of the object, for declarative tools.
    #[serde(default)]
    #[schema(schema_with = schema::managed_by)]
    pub managed_by: Option<String>,
}

/// Creates, replaces or patches a robot.
pub async fn write_robot(
    tx: &mut Transaction,
    name: SubjectName,
    write: ObjectWrite,
) -> Result<Written<Robot>, WriteError> {
    let is_single = write.is_single();
    let WantedSubject { before, row, version } = wanted_robot(tx, name, write).await?;
    let written = store_subject(tx, before, row, version, is_single).await?;
    Ok(written.map(|stored| Robot::new(&stored)))
}

/// Returns the robot that a write would create or change. Only reads.
pub async fn wanted_robot(
    reader: &mut Reader,
    name: SubjectName,
    write: ObjectWrite,
) -> Result<WantedSubject, WriteError> {
    let at = write.at();
    let before = claim_name(reader, SubjectKind::Robot, &name).await?;
    let shown = before.as_ref().map(Robot::new);
    let target =
        Target { read_only: &["groups"], ..Target::new(ObjectKind::Robot, name.as_str(), shown.as_ref()) };
    let (fields, version) = write.open(reader, target).await?;
    let wanted: RobotFields = read(fields.into())?;
    let mut errors = FieldErrors::default();
    check_description(&mut errors, &wanted.description);
    check_managed_by(&mut errors, wanted.managed_by.as_deref(), None);
    let ended = before.as_ref().and_then(|found| found.row.expires_at);
    check_end(&mut errors, wanted.expires_at, ended, at);
    let labels = errors.keep("labels", Labels::parse(wanted.labels)).unwrap_or_default();
    errors.into_result()?;
    let old = before.as_ref().map(|found| found.row.clone());
    let subject = SubjectRef { kind: SubjectKind::Robot, name };
    let row = SubjectRow {
        description: wanted.description,
        password_hash: None,
        admin: wanted.admin,
        disabled: wanted.disabled,
        labels,
        expires_at: wanted.expires_at,
        managed_by: wanted.managed_by,
        updated_at: at,
        ..old.unwrap_or_else(|| new_subject(subject, at))
    };
    Ok(WantedSubject { before, row, version })
}

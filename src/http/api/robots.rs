//! `/robots` and `/robots/{name}`.

use super::super::verb::Verb;
use super::noun::{self, Noun};
use crate::accounts::{Robot, RobotFields};
use crate::domain::subject::SubjectName;
use crate::manage::Administration;
use serde_json::Value;

/// Machines, which sign in with access keys.
pub(super) struct Robots;

impl Noun for Robots {
    const ID: &'static str = "Robot";
    const ONE: &'static str = "a robot";
    const MANY: &'static str = "robots";
    const NEXT: &'static [&'static str] = &["getRobot", "patchRobot", "deleteRobot", "createRobotAccessKey"];
    const IS_NAMED_BY_RULES: bool = true;
    type Name = SubjectName;
    type Object = Robot;
    type Fields = RobotFields;

    fn is_sensitive(body: &Value) -> bool {
        body.get("admin") == Some(&Value::Bool(true))
    }
}

pub(super) fn all() -> Vec<Verb> {
    noun::all::<Robots, _>(Administration::list_robots)
}

pub(super) fn by_name() -> Vec<Verb> {
    noun::by_name::<Robots>(
        Administration::find_robot,
        Administration::write_robot,
        Administration::delete_robot,
    )
}

//! Rules of the access policy.

use super::input::{Write, check_managed_by};
use super::subjects::rule_value;
use super::{Admin, Administration, ManageError};
use crate::domain::invalid::FieldErrors;
use crate::domain::policy::{Rule, RuleFields, RuleName};
use crate::domain::time::Timestamp;
use crate::storage::{Change, RuleRow};
use serde::Serialize;
use serde_json::{Value, json};

/// A rule as the API shows it.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct RuleObject(Value);

fn missing(name: &str) -> ManageError {
    ManageError::NotFound { kind: "rule", name: name.to_owned() }
}

/// Reads a rule named `name` in the path, with every error that it has.
fn parse(name: &RuleName, target: Value) -> Result<(Rule, Option<String>), ManageError> {
    let Value::Object(mut object) = target else {
        return Err(FieldErrors::one("", "must be a JSON object").into());
    };
    let managed_by = match object.remove("managed_by") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => return Err(FieldErrors::one("managed_by", "must be a string or null").into()),
    };
    let inside = object.insert("name".to_owned(), json!(name));
    if inside.is_some_and(|inside| inside != json!(name)) {
        return Err(FieldErrors::one("name", "differs from the name in the path").into());
    }
    let fields: RuleFields = serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        FieldErrors::one(if path == "." { String::new() } else { path }, error.into_inner())
    })?;
    let mut errors = FieldErrors::default();
    check_managed_by(&mut errors, managed_by.as_deref());
    let rule = match Rule::try_from(fields) {
        Ok(rule) => Some(rule),
        Err(more) => {
            errors.0.extend(more.0);
            None
        }
    };
    match rule {
        Some(rule) if errors.0.is_empty() => Ok((rule, managed_by)),
        _ => Err(errors.into()),
    }
}

fn change(action: &'static str, before: Option<&RuleRow>, after: Option<&RuleRow>) -> Change {
    Change {
        action,
        kind: "rule",
        name: after.or(before).map(|row| row.rule.name.to_string()).unwrap_or_default(),
        before: before.map(rule_value),
        after: after.map(rule_value),
    }
}

impl Administration {
    /// A rule.
    ///
    /// # Errors
    /// [`ManageError::NotFound`] or [`ManageError::Store`].
    pub async fn find_rule(&self, _: &Admin, name: &str) -> Result<RuleObject, ManageError> {
        let parsed = RuleName::parse(name).map_err(|_| missing(name))?;
        let row = self.store.read().await?.find_rule(&parsed).await?;
        row.map(|row| RuleObject(rule_value(&row))).ok_or_else(|| missing(name))
    }

    /// Creates, replaces or patches a rule; `true` when it was created.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn write_rule(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
    ) -> Result<(RuleObject, bool), ManageError> {
        let name = RuleName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let at = admin.origin.at;
        self.commit(&admin.origin, move |work| {
            Box::pin(async move {
                let before = work.find_rule(&name).await?;
                let target =
                    write.onto(before.as_ref().map(rule_value)).ok_or_else(|| missing(name.as_str()))?;
                let (rule, managed_by) = parse(&name, target)?;
                store_rule(work, before, RuleRow { rule, managed_by, created_at: at, updated_at: at }).await
            })
        })
        .await
    }

    /// Deletes a rule.
    ///
    /// # Errors
    /// [`ManageError`].
    pub async fn delete_rule(&self, admin: &Admin, name: &str) -> Result<(), ManageError> {
        let name = RuleName::parse(name).map_err(|_| missing(name))?;
        self.commit(&admin.origin, move |work| {
            Box::pin(async move {
                let row = work.find_rule(&name).await?.ok_or_else(|| missing(name.as_str()))?;
                work.delete_rule(&name).await?;
                work.note(change("delete", Some(&row), None));
                Ok(())
            })
        })
        .await
    }
}

async fn store_rule(
    work: &mut crate::storage::Work,
    before: Option<RuleRow>,
    mut row: RuleRow,
) -> Result<(RuleObject, bool), ManageError> {
    let object = RuleObject(rule_value(&row));
    match &before {
        Some(before) if rule_value(before) == object.0 => return Ok((object, false)),
        Some(before) => {
            row.created_at = before.created_at;
            work.update_rule(&row).await?;
        }
        None => work.insert_rule(&row).await?,
    }
    let action = if before.is_some() { "update" } else { "create" };
    work.note(change(action, before.as_ref(), Some(&row)));
    Ok((object, before.is_none()))
}

/// A rule made by the server itself, at the first start.
pub(super) fn first_rule(rule: Rule, at: Timestamp) -> (RuleRow, Change) {
    let row = RuleRow { rule, managed_by: None, created_at: at, updated_at: at };
    let change = change("create", None, Some(&row));
    (row, change)
}

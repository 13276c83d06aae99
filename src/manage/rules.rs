//! Rules of the access policy.

use super::administration::Administration;
use super::caller::Admin;
use super::error::ManageError;
use super::lint::lint;
use crate::accounts::{
    Deletion, ObjectWrite, Precondition, Target, Versioned, Write, WriteError, Written, check_managed_by,
    read, recorded_rule,
};
use crate::domain::change::Change;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::{Policy, Rule, RuleFields, RuleName};
use crate::domain::schema;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::storage::{Reader, RuleRow, Transaction};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

/// A rule as the API shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleObject {
    #[serde(flatten)]
    fields: RuleFields,
    managed_by: Option<String>,
    /// The warnings of lint; `None` if they were not requested, or if lint failed after a write.
    pub(super) warnings: Option<Vec<Warning>>,
}

impl PartialSchema for RuleObject {
    fn schema() -> RefOr<Schema> {
        let mut rule = RuleFields::schema();
        if let RefOr::T(Schema::Object(rule)) = &mut rule {
            rule.description = Some("A rule as the API shows it.".to_owned());
            rule.example = None;
            rule.properties.insert("managed_by".to_owned(), schema::managed_by().into());
            rule.properties.insert("warnings".to_owned(), <Option<Vec<Warning>>>::schema());
        }
        rule
    }
}

impl ToSchema for RuleObject {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Rule")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        RuleFields::schemas(schemas);
        schemas.push((Warning::name().into_owned(), Warning::schema()));
    }
}

impl RuleObject {
    pub(super) fn name(&self) -> &str {
        &self.fields.name
    }

    pub(super) fn new(row: &RuleRow) -> Self {
        let fields = RuleFields::from(&row.rule);
        Self { fields, managed_by: row.managed_by.clone(), warnings: None }
    }
}

fn missing(name: &str) -> WriteError {
    WriteError::not_found(ObjectKind::Rule, name)
}

/// Reads a rule and its owner (`managed_by`) from the fields. Fails with all errors of the fields.
fn parse(name: &RuleName, mut object: Map<String, Value>) -> Result<(Rule, Option<String>), WriteError> {
    let managed_by = match object.remove("managed_by") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => return Err(FieldErrors::one("managed_by", "must be a string or null").into()),
    };
    object.insert("name".to_owned(), json!(name));
    let fields: RuleFields = read(Value::Object(object))?;
    let mut errors = FieldErrors::default();
    check_managed_by(&mut errors, managed_by.as_deref(), None);
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

impl Administration {
    /// Finds a rule with its version and its warnings. Fails if the rule does not exist.
    pub async fn find_rule(&self, admin: &Admin, name: &str) -> Result<Versioned<RuleObject>, ManageError> {
        let parsed = RuleName::parse(name).map_err(|_| missing(name))?;
        let mut reader = self.store.read().await?;
        let version = reader.version(ObjectKind::Rule, name).await?;
        let row = reader.find_rule(&parsed).await?.ok_or_else(|| missing(name))?;
        drop(reader);
        let mut object = RuleObject::new(&row);
        object.warnings = Some(self.lint_one(&row.rule, admin.origin.at).await?);
        Ok(Versioned { object, version })
    }

    /// Returns the warnings about a rule, in view of the other rules in force.
    async fn lint_one(&self, rule: &Rule, at: Timestamp) -> Result<Vec<Warning>, ManageError> {
        let snapshot = self.snapshots.current();
        let mut reader = self.store.read().await?;
        let warnings = lint(&mut reader, &snapshot.policy, &snapshot.services, &[rule], at).await?;
        Ok(warnings.into_iter().map(|one| Warning { code: one.code, message: one.message }).collect())
    }

    /// Creates, replaces or patches a rule.
    pub async fn write_rule(
        &self,
        admin: &Admin,
        name: &str,
        write: Write,
        precondition: Precondition,
    ) -> Result<Written<RuleObject>, ManageError> {
        let name = RuleName::parse(name).map_err(|error| FieldErrors::one("name", error))?;
        let write = ObjectWrite::single(write, precondition, admin.origin.at);
        let snapshot = self.snapshots.current();
        let (mut written, rule) = self
            .commit(&admin.origin, move |tx| {
                Box::pin(async move { write_rule(tx, name, write, &snapshot.policy).await })
            })
            .await?;
        // The rule is stored, so a failure of lint must not fail the write.
        written.object.warnings = self.lint_one(&rule, admin.origin.at).await.ok();
        Ok(written)
    }

    /// Deletes a rule.
    pub async fn delete_rule(
        &self,
        admin: &Admin,
        name: &str,
        deletion: Deletion,
    ) -> Result<(), ManageError> {
        let name = RuleName::parse(name).map_err(|_| missing(name))?;
        self.commit(&admin.origin, move |tx| Box::pin(async move { delete_rule(tx, &name, &deletion).await }))
            .await
    }
}

/// A rule before and after a write: its old row, if the rule exists, and its new row.
pub(super) struct WantedRule {
    before: Option<RuleRow>,
    pub(super) row: RuleRow,
    version: i64,
}

impl WantedRule {
    /// Returns the change to record; `None` if nothing changes.
    pub(super) fn change(&self) -> Option<Change> {
        let was = self.before.as_ref().map(recorded_rule);
        let is_same =
            self.before.as_ref().is_some_and(|before| RuleObject::new(before) == RuleObject::new(&self.row));
        let is = recorded_rule(&self.row);
        (!is_same).then(|| Change::written(ObjectKind::Rule, &self.row.rule.name, was.as_ref(), &is))
    }
}

/// Returns the rule that a write would create or change. Only reads. `others` is the present policy: its rules and the
/// new rule together must not be too slow.
pub(super) async fn wanted_rule(
    reader: &mut Reader,
    name: RuleName,
    write: ObjectWrite,
    others: &Policy,
) -> Result<WantedRule, WriteError> {
    let at = write.at();
    let before = reader.find_rule(&name).await?;
    let was = before.as_ref().map(recorded_rule);
    let target = Target::new(ObjectKind::Rule, name.as_str(), was.as_ref());
    let (mut fields, version) = write.open(reader, target).await?;
    // A client may send back the warnings that it read.
    fields.remove("warnings");
    let (rule, managed_by) = parse(&name, fields)?;
    // A stored rule can be slower than these bounds allow, if it was stored before they existed. It can still be
    // changed in other ways: for example, it can be disabled.
    let has_same_names = before.as_ref().is_some_and(|before| before.rule.names == rule.names);
    let is_on_already = has_same_names && before.as_ref().is_some_and(|before| before.rule.enabled);
    let alone = rule.too_slow().filter(|_| !has_same_names);
    if let Some(why) = alone.or_else(|| {
        rule.too_slow_beside(others.repeating_steps_without(&rule.name)).filter(|_| !is_on_already)
    }) {
        return Err(FieldErrors::one("names", why).into());
    }
    let created_at = before.as_ref().map_or(at, |before| before.created_at);
    Ok(WantedRule { row: RuleRow { rule, managed_by, created_at, updated_at: at }, before, version })
}

/// Creates, replaces or patches a rule inside a transaction. `others` is the present policy. Also returns the parsed
/// rule.
pub(super) async fn write_rule(
    tx: &mut Transaction,
    name: RuleName,
    write: ObjectWrite,
    others: &Policy,
) -> Result<(Written<RuleObject>, Rule), WriteError> {
    let wanted = wanted_rule(tx, name, write, others).await?;
    let change = wanted.change();
    let WantedRule { before, row, version } = wanted;
    let object = RuleObject::new(&row);
    let Some(change) = change else {
        return Ok((Written::unchanged(object, version), row.rule));
    };
    match before {
        Some(_) => tx.update_rule(&row).await?,
        None => tx.insert_rule(&row).await?,
    }
    tx.note(change);
    Ok((Written { object, version: tx.last_seq(), created: before.is_none() }, row.rule))
}

/// Stores a new rule inside a transaction.
pub(super) async fn insert_rule(tx: &mut Transaction, rule: Rule, at: Timestamp) -> Result<(), WriteError> {
    let row = RuleRow { rule, managed_by: None, created_at: at, updated_at: at };
    tx.insert_rule(&row).await?;
    tx.note(Change::created(ObjectKind::Rule, &row.rule.name, &recorded_rule(&row)));
    Ok(())
}

/// Deletes a rule inside a transaction.
pub(super) async fn delete_rule(
    tx: &mut Transaction,
    name: &RuleName,
    deletion: &Deletion,
) -> Result<(), WriteError> {
    let row = tx.find_rule(name).await?.ok_or_else(|| missing(name.as_str()))?;
    deletion.precondition.check(tx, ObjectKind::Rule, name.as_str(), true).await?;
    tx.delete_rule(name).await?;
    tx.note(Change::deleted(ObjectKind::Rule, name, &recorded_rule(&row)));
    Ok(())
}

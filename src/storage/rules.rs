//! The rules of the access policy.

use super::reader::{Reader, field, flag, optional_time, parsed, time};
use super::statements::{
    DELETE_RULE, INSERT_RULE, LIST_RULES, SELECT_RULE, SELECT_RULES, SELECT_RULES_CHANGED, UPDATE_RULE,
};
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::policy::{Effect, Rule, RuleFields, RuleName};
use crate::domain::time::Timestamp;
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use std::collections::BTreeMap;

/// A rule as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRow {
    /// The rule itself.
    pub rule: Rule,
    /// The declarative tool that manages the rule, if any.
    pub managed_by: Option<String>,
    /// The time at which the rule was created.
    pub created_at: Timestamp,
    /// The time at which the rule was last changed.
    pub updated_at: Timestamp,
}

fn list(row: &AnyRow, column: &'static str) -> Result<Vec<String>, StoreError> {
    parsed(row, column, |text| serde_json::from_str(text))
}

fn list_text(list: &[String]) -> Result<String, StoreError> {
    serde_json::to_string(list).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn rule_row(row: &AnyRow) -> Result<RuleRow, StoreError> {
    let fields = RuleFields {
        name: field(row, "name")?,
        effect: parsed(row, "effect", Effect::parse)?,
        subjects: list(row, "subjects")?,
        services: list(row, "services")?,
        resource_type: field(row, "type")?,
        names: list(row, "names")?,
        actions: list(row, "actions")?,
        networks: list(row, "networks")?,
        not_before: optional_time(row, "not_before")?.map(|time| time.to_string()),
        not_after: optional_time(row, "not_after")?.map(|time| time.to_string()),
        priority: i32::try_from(field::<i64>(row, "priority")?)
            .map_err(|error| StoreError::Corrupt(format!("priority: {error}")))?,
        enabled: flag(row, "enabled")?,
        description: field(row, "description")?,
    };
    let name = fields.name.clone();
    Ok(RuleRow {
        rule: Rule::try_from(fields)
            .map_err(|errors| StoreError::Corrupt(format!("rule `{name}`: {errors}")))?,
        managed_by: field(row, "managed_by")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

impl Reader {
    /// Reads a page of the rules, sorted by name, and one more rule if it exists.
    pub async fn list_rules(&mut self, page: &Page) -> Result<Vec<RuleRow>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_RULES))).await?;
        rows.iter().map(rule_row).collect()
    }

    /// Finds a rule by its name.
    pub async fn find_rule(&mut self, name: &RuleName) -> Result<Option<RuleRow>, StoreError> {
        let row = self.one(sqlx::query(SELECT_RULE).bind(name.as_str())).await?;
        row.as_ref().map(rule_row).transpose()
    }

    /// Reads the names of the rules that changed after `after`, each with the time of its last change.
    pub async fn rules_changed(
        &mut self,
        after: Timestamp,
    ) -> Result<BTreeMap<RuleName, Timestamp>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_RULES_CHANGED).bind(after.as_micros())).await?;
        let rule = |row| Ok((parsed(row, "name", RuleName::parse)?, time(row, "updated_at")?));
        rows.iter().map(rule).collect()
    }

    /// Reads the rules with these names, sorted by name. Names without a rule are ignored.
    pub async fn find_rules(&mut self, names: &[&RuleName]) -> Result<Vec<RuleRow>, StoreError> {
        let width = names.iter().map(|name| name.as_str().len()).max().unwrap_or_default();
        // One text contains all names, each padded with spaces to the same width. A name never contains a space.
        let all: String = names.iter().map(|name| format!("{:width$}", name.as_str())).collect();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let query = sqlx::query(SELECT_RULES).bind(all).bind(number(width)).bind(number(names.len()));
        self.all(query).await?.iter().map(rule_row).collect()
    }
}

/// Binds the values that an insert and an update of a rule share.
fn bind<'q>(statement: &'static str, row: &'q RuleRow) -> Result<Query<'q, Any, AnyArguments>, StoreError> {
    let rule = &row.rule;
    let fields = RuleFields::from(rule);
    Ok(sqlx::query(statement)
        .bind(rule.name.as_str())
        .bind(fields.effect.as_str())
        .bind(list_text(&fields.subjects)?)
        .bind(list_text(&fields.services)?)
        .bind(fields.resource_type)
        .bind(list_text(&fields.names)?)
        .bind(list_text(&fields.actions)?)
        .bind(list_text(&fields.networks)?)
        .bind(rule.not_before.map(Timestamp::as_micros))
        .bind(rule.not_after.map(Timestamp::as_micros))
        .bind(i64::from(rule.priority))
        .bind(i64::from(rule.enabled))
        .bind(fields.description)
        .bind(row.managed_by.as_deref())
        .bind(row.updated_at.as_micros()))
}

impl Transaction {
    /// Stores a new rule. [`StoreError::Conflict`] means that the name is taken.
    pub async fn insert_rule(&mut self, row: &RuleRow) -> Result<(), StoreError> {
        self.run(bind(INSERT_RULE, row)?.bind(row.created_at.as_micros())).await.map(|_| ())
    }

    /// Replaces a rule.
    pub async fn update_rule(&mut self, row: &RuleRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_RULE, row)?).await.map(|_| ())
    }

    /// Deletes a rule.
    pub async fn delete_rule(&mut self, name: &RuleName) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_RULE).bind(name.as_str())).await.map(|_| ())
    }
}

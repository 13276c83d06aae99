//! Removes a deleted user, robot or group from the rules that name it. Also makes the state of a rule that a change
//! records.

use super::error::WriteError;
use crate::domain::change::Change;
use crate::domain::kind::ObjectKind;
use crate::domain::policy::{Policy, Rule, RuleFields};
use crate::domain::selector::Selector;
use crate::domain::time::Timestamp;
use crate::storage::{RuleRow, Transaction};
use serde_json::{Value, json};

/// The greatest number of rules that a refusal lists.
const MOST_NAMED: usize = 100;

/// Returns a rule as a change records it: its fields and `managed_by`.
#[must_use]
pub fn recorded_rule(row: &RuleRow) -> Value {
    let mut value = serde_json::to_value(RuleFields::from(&row.rule)).unwrap_or(Value::Null);
    if let Value::Object(object) = &mut value {
        object.insert("managed_by".to_owned(), json!(row.managed_by));
    }
    value
}

/// Removes `selector` from every rule that names it, and disables a rule that then has no subjects. `policy` is the
/// policy that this transaction sees.
///
/// # Errors
/// [`WriteError::NamedByRules`] if rules name `selector` and `cascade` is false.
pub(super) async fn detach_from_rules(
    tx: &mut Transaction,
    policy: &Policy,
    selector: &Selector,
    cascade: bool,
    at: Timestamp,
) -> Result<(), WriteError> {
    let naming: Vec<Rule> = policy.rules().filter(|rule| rule.subjects.contains(selector)).cloned().collect();
    if naming.is_empty() {
        return Ok(());
    }
    if !cascade {
        let rules = naming.iter().take(MOST_NAMED).map(|rule| rule.name.to_string()).collect();
        return Err(WriteError::NamedByRules { what: selector.to_string(), rules });
    }
    for mut rule in naming {
        let Some(before) = tx.find_rule(&rule.name).await? else {
            continue;
        };
        rule.subjects = rule.subjects.iter().filter(|other| *other != selector).cloned().collect();
        rule.enabled &= !rule.subjects.is_empty();
        let after = RuleRow { rule, updated_at: at, ..before.clone() };
        tx.update_rule(&after).await?;
        let (was, is) = (recorded_rule(&before), recorded_rule(&after));
        tx.note(Change::updated(ObjectKind::Rule, &after.rule.name, &was, &is));
    }
    Ok(())
}

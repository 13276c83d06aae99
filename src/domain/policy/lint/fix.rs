//! The commands that correct the rules that lint warns of, each between backticks.
//!
//! INVARIANT: if the command is pasted into a shell, it succeeds unless the rule has changed since the warning.

use crate::domain::policy::rule::Rule;
use crate::domain::shell;
use std::fmt::Display;

/// A flag of `portreeve rules update`, and its value.
pub(super) type Flag<'f> = (&'f str, &'f dyn Display);

/// Returns the command that changes a rule.
pub(super) fn update(rule: &Rule, flags: &[Flag<'_>]) -> String {
    let flags: String = flags.iter().map(|(name, value)| shell::flag(name, &value.to_string())).collect();
    format!("`portreeve rules update {}{flags}`", rule.name)
}

/// Returns the command that disables a rule.
pub(super) fn disable(rule: &Rule) -> String {
    format!("`portreeve rules update {} --enabled=false`", rule.name)
}

/// Returns the command that deletes a rule.
pub(super) fn delete(rule: &Rule) -> String {
    format!("`portreeve rules delete {}`", rule.name)
}

/// Returns the command that removes one entry of a list with this flag. If the list has only one entry (`count`),
/// returns the command that deletes the rule.
pub(super) fn take_out(rule: &Rule, count: usize, flag: Flag<'_>) -> String {
    if count > 1 { update(rule, &[flag]) } else { delete(rule) }
}

/// Joins texts with commas, and with `and` before the last text.
pub(super) fn listed(texts: &[String]) -> String {
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

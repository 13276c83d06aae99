//! The commands that mend what lint finds, each between backticks.
//!
//! INVARIANT: run by a shell as it is, the command succeeds as long as the rule is as it was.

use crate::domain::policy::rule::Rule;
use crate::domain::shell;
use std::fmt::Display;

/// A flag of `portreeve rules update`, and its value.
pub(super) type Flag<'f> = (&'f str, &'f dyn Display);

/// Changes a rule.
pub(super) fn update(rule: &Rule, flags: &[Flag<'_>]) -> String {
    let flags: String = flags.iter().map(|(name, value)| shell::flag(name, &value.to_string())).collect();
    format!("`portreeve rules update {}{flags}`", rule.name)
}

/// Deletes a rule.
pub(super) fn delete(rule: &Rule) -> String {
    format!("`portreeve rules delete {}`", rule.name)
}

/// Takes an entry out of a list of so many, by this flag; the whole rule where nothing would be left.
pub(super) fn take_out(rule: &Rule, count: usize, flag: Flag<'_>) -> String {
    if count > 1 { update(rule, &[flag]) } else { delete(rule) }
}

/// Texts, the last one after `and`.
pub(super) fn listed(texts: &[String]) -> String {
    match texts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

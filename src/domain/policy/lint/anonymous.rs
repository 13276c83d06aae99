//! What rules say of those who do not sign in, and of everybody.

use crate::domain::policy::rule::Rule;
use crate::domain::selector::Selector;
use crate::domain::warning::Warning;

/// Whether some pattern fits names whoever asks.
fn has_plain_name(rule: &Rule) -> bool {
    rule.names.iter().any(|glob| !glob.has_placeholder())
}

/// An allow rule of every action, for everybody or everybody who signs in.
pub(super) fn everything(rule: &Rule) -> Option<Warning> {
    let wide = |selector: &&Selector| matches!(selector, Selector::Everyone | Selector::Authenticated);
    let selector = rule.subjects.iter().find(wide)?;
    if !rule.resource_type.fits_repositories() || !rule.actions.has_every() || !has_plain_name(rule) {
        return None;
    }
    let message =
        format!("it allows `{selector}` every action, deletion included: list the actions that are meant");
    Some(Warning::new("everyone-everything", message))
}

/// An allow rule that lets anonymous change repositories.
pub(super) fn writes(rule: &Rule) -> Option<Warning> {
    let is_anonymous = |selector: &&Selector| matches!(selector, Selector::Everyone | Selector::Anonymous);
    let selector = rule.subjects.iter().find(is_anonymous)?;
    // The other warning says it of everyone and everything.
    let said = rule.actions.has_every() && rule.subjects.contains(&Selector::Everyone);
    if !rule.resource_type.fits_repositories() || !has_plain_name(rule) || said {
        return None;
    }
    let words: Vec<&str> =
        ["push", "delete", "*"].into_iter().filter(|word| rule.names_action(word)).collect();
    let first = words.first()?;
    let does = if *first == "*" { "push and delete".to_owned() } else { words.join(" and ") };
    let out: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let message = format!(
        "it lets people who do not sign in {does}: write `authenticated` in place of `{selector}`, or take {} out \
         of its actions",
        out.join(" and ")
    );
    Some(Warning::new("anonymous-write", message))
}

/// A pattern with a placeholder where only anonymous is left to fit it.
pub(super) fn placeholder(rule: &Rule) -> Option<Warning> {
    let is_anonymous = |selector: &Selector| *selector == Selector::Anonymous;
    let glob = rule.names.iter().find(|glob| glob.has_placeholder())?;
    // Beside others and other names, the pattern has a meaning for those others.
    let is_for_others = !rule.subjects.iter().all(is_anonymous) && has_plain_name(rule);
    if is_for_others || !rule.subjects.iter().any(is_anonymous) {
        return None;
    }
    let message = format!(
        "`{glob}` never matches for `anonymous`, who has no name, group or label: write `authenticated` in place of \
         `anonymous`, or a name without placeholder"
    );
    Some(Warning::new("anonymous-placeholder", message))
}

//! Warnings about rules that can never matter, or hardly mean what they say.
//!
//! INVARIANT: no false alarm: a warning that a rule grants nothing is certain. What must not go in:
//! refusing anything; a warned rule is stored and evaluated like any other.

use super::coverage;
use super::glob::NameGlob;
use super::index::Policy;
use super::rule::{Effect, Rule, TypePattern};
use super::witness;
use crate::domain::resource::{Action, ResourceName, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::subject::Subject;
use crate::domain::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// How many other rules one rule is held against.
const MOST_OTHERS: usize = 2000;

/// Something to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// What kind, for programs.
    #[schema(value_type = String)]
    pub code: &'static str,
    /// What it is and what to do, for people.
    pub message: String,
}

fn warning(code: &'static str, message: impl Into<String>) -> Warning {
    Warning { code, message: message.into() }
}

fn lists(rule: &Rule, action: &str) -> bool {
    Action::parse(action).is_ok_and(|action| rule.lists(&action))
}

impl Policy {
    /// What is odd about `rule` beside the others at `at`. `unknown` are selectors that name nobody.
    #[must_use]
    pub fn lint(&self, rule: &Rule, at: Timestamp, unknown: &BTreeSet<Selector>) -> Vec<Warning> {
        let mut found = Vec::new();
        if rule.subjects.is_empty() {
            found.push(warning("no-subjects", "it names no subject any more: give it some, or delete it"));
        }
        for selector in rule.subjects.iter().filter(|one| unknown.contains(one)) {
            let message = format!("there is no `{selector}`: create it, or take it out of the rule");
            found.push(warning("unknown-subject", message));
        }
        found.extend(span(rule, at));
        if matches!(&rule.resource_type, TypePattern::Exactly(exactly) if exactly.is_repository()) {
            for glob in rule.names.iter().filter(|glob| !can_name_a_repository(glob)) {
                let message = format!("no repository can have a name like `{glob}`: correct it");
                found.push(warning("impossible-name", message));
            }
        }
        if !rule.enabled {
            return found;
        }
        if rule.effect == Effect::Allow {
            found.extend(self.shadowed(rule));
            found.extend(self.push_without_pull(rule));
            found.extend(too_wide(rule));
        }
        found
    }

    /// The enabled rules that may mean whom `selector` means.
    fn about(&self, selector: &Selector) -> impl Iterator<Item = &Rule> {
        self.buckets_over(selector)
            .flat_map(|bucket| bucket.all().iter())
            .map(|rule| &**rule)
            .take(MOST_OTHERS)
    }

    /// What an allow rule is hidden behind: a deny of its tier, or any rule of a higher one.
    fn shadowed(&self, rule: &Rule) -> Option<Warning> {
        let first = rule.subjects.first()?;
        let covers = |other: &&Rule| {
            other.name != rule.name && coverage::everybody(other, rule) && coverage::everywhere(other, rule)
        };
        let takes_all = |other: &Rule| {
            let every = other.actions.iter().any(Action::is_every);
            other.effect == Effect::Deny && (every || rule.actions.iter().all(|action| other.lists(action)))
        };
        for other in self.about(first).filter(|other| other.priority >= rule.priority).filter(covers) {
            if other.priority > rule.priority {
                let message = format!(
                    "it never decides, because rule `{}` matches all that it matches with a higher \
                     priority: delete it, or raise its priority",
                    other.name
                );
                return Some(warning("shadowed-by-tier", message));
            }
            if takes_all(other) {
                let message = format!(
                    "it grants nothing, because rule `{}` denies all that it allows: delete it, or let \
                     that rule deny less",
                    other.name
                );
                return Some(warning("shadowed-by-deny", message));
            }
        }
        None
    }

    /// Registries ask for pull and push together when something is pushed.
    fn push_without_pull(&self, rule: &Rule) -> Option<Warning> {
        let for_repositories = |rule: &Rule| match &rule.resource_type {
            TypePattern::Any => true,
            TypePattern::Exactly(exactly) => exactly.is_repository(),
        };
        if !for_repositories(rule) || !lists(rule, "push") || lists(rule, "pull") {
            return None;
        }
        let gives_pull = |selector: &Selector, glob: &NameGlob| {
            let mut looked = 0;
            let given = self.about(selector).inspect(|_| looked += 1).any(|other| {
                for_repositories(other)
                    && other.effect == Effect::Allow
                    && other.priority == rule.priority
                    && lists(other, "pull")
                    && coverage::place_and_time(other, rule)
                    && other.names.iter().any(|name| coverage::name(name, glob))
                    && other.subjects.iter().any(|one| coverage::selector(one, selector))
            });
            // Among those not looked at one may give it.
            given || looked >= MOST_OTHERS
        };
        let lacking = rule.subjects.iter().find_map(|selector| {
            rule.names.iter().find(|glob| !gives_pull(selector, glob)).map(|glob| (selector, glob))
        });
        let (selector, glob) = lacking?;
        let message = format!(
            "`{selector}` may push to `{glob}` but not pull, and a push needs both: add `pull` to its actions"
        );
        Some(warning("push-without-pull", message))
    }
}

fn span(rule: &Rule, at: Timestamp) -> Option<Warning> {
    match (rule.not_before, rule.not_after) {
        (Some(begin), Some(end)) if begin >= end => {
            Some(warning("never-holds", "it ends before it begins: correct `not_before` or `not_after`"))
        }
        (_, Some(end)) if end <= at => {
            Some(warning("expired", format!("it ended at {end}: delete it, or give it a later `not_after`")))
        }
        _ => None,
    }
}

fn too_wide(rule: &Rule) -> Option<Warning> {
    if !rule.actions.iter().any(Action::is_every) {
        return None;
    }
    let selector = rule.subjects.iter().find(|selector| match selector {
        Selector::Everyone | Selector::Anonymous => true,
        Selector::Authenticated => rule.names.iter().any(|glob| !glob.has_placeholder()),
        _ => false,
    })?;
    let message =
        format!("it allows `{selector}` every action, deletion included: list the actions that are meant");
    Some(warning("everything-to-everyone", message))
}

/// Whether some repository name may match. Without wildcards that is tried; with them, what is
/// literal must at least be made of what such names are made of.
fn can_name_a_repository(glob: &NameGlob) -> bool {
    let Ok(repository) = ResourceType::parse("repository") else {
        return true;
    };
    if !glob.has_placeholder() {
        if !glob.as_str().contains(['*', '?']) {
            return ResourceName::parse(&repository, glob.as_str()).is_ok();
        }
        if !witness::names(glob, &repository, &Subject::anonymous()).is_empty() {
            return true;
        }
    }
    let literal = |piece: witness::Piece| match piece {
        witness::Piece::Literal(text) => Some(text),
        _ => None,
    };
    let literals: Vec<String> = witness::pieces(glob).into_iter().filter_map(literal).collect();
    let length: usize = literals.iter().map(String::len).sum();
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-/:[]".contains(&b);
    length <= 255 && literals.iter().all(|text| text.bytes().all(fits))
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;

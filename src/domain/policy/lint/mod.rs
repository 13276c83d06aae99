//! Warnings about rules that can never matter, or hardly mean what they say.
//!
//! INVARIANT: no false alarm: a warning that a rule grants nothing, or hides what others grant, is certain. What
//! must not go in: refusing anything; a warned rule is stored and evaluated like any other.

mod anonymous;
mod known;
mod names;
mod tiers;
mod words;

use super::coverage;
use super::glob::NameGlob;
use super::index::Policy;
use super::rule::{Effect, Rule};
use crate::domain::resource::Action;
use crate::domain::selector::Selector;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;

pub use known::Known;

/// How many other rules one rule is held against.
const MOST_OTHERS: usize = 2000;

fn lists(rule: &Rule, action: &str) -> bool {
    Action::parse(action).is_ok_and(|action| rule.lists(&action))
}

impl Policy {
    /// What is odd about `rule` beside the others.
    #[must_use]
    pub fn lint(&self, rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
        let mut found = subjects(rule, known);
        found.extend(span(rule, known.at));
        found.extend(names::warnings(rule, known));
        found.extend(words::warnings(rule, known));
        found.extend(anonymous::placeholder(rule));
        // Rules that were written before there was a bound.
        found.extend(
            rule.too_slow().map(|why| Warning::new("slow-pattern", format!("its patterns are slow: {why}"))),
        );
        if !rule.enabled {
            return found;
        }
        if rule.effect == Effect::Allow {
            found.extend(self.shadowed(rule));
            found.extend(self.push_without_pull(rule));
            found.extend(anonymous::everything(rule));
            found.extend(anonymous::writes(rule));
            found.extend(self.anonymous_only(rule));
        }
        found.extend(tiers::hides_lower(self, rule, known));
        found
    }

    /// The lowest tier with an allow rule, for [`Known::lowest_tier`]: looked for once for many rules.
    #[must_use]
    pub fn lowest_tier(&self) -> Option<i32> {
        tiers::lowest(self)
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
                return Some(Warning::new("shadowed-by-tier", message));
            }
            if takes_all(other) {
                let message = format!(
                    "it grants nothing, because rule `{}` denies all that it allows: delete it, or let \
                     that rule deny less",
                    other.name
                );
                return Some(Warning::new("shadowed-by-deny", message));
            }
        }
        None
    }

    /// Registries ask for pull and push together when something is pushed.
    fn push_without_pull(&self, rule: &Rule) -> Option<Warning> {
        if !rule.resource_type.fits_repositories() || !lists(rule, "push") || lists(rule, "pull") {
            return None;
        }
        let in_tier = |other: &Rule| other.priority == rule.priority;
        let lacking = rule.subjects.iter().find_map(|selector| {
            rule.names
                .iter()
                .find(|glob| !self.gives_pull(selector, glob, rule, in_tier))
                .map(|glob| (selector, glob))
        });
        let (selector, glob) = lacking?;
        let message = format!(
            "`{selector}` may push to `{glob}` but not pull, and a push needs both: add `pull` to its actions"
        );
        Some(Warning::new("push-without-pull", message))
    }

    /// Who signs in is not anonymous any more.
    fn anonymous_only(&self, rule: &Rule) -> Option<Warning> {
        let is_anonymous = |selector: &Selector| *selector == Selector::Anonymous;
        let is_for_them = !rule.subjects.is_empty() && rule.subjects.iter().all(is_anonymous);
        if !is_for_them || !rule.resource_type.fits_repositories() || !lists(rule, "pull") {
            return None;
        }
        let lacks = |glob: &&NameGlob| {
            !glob.has_placeholder() && !self.gives_pull(&Selector::Authenticated, glob, rule, |_| true)
        };
        let glob = rule.names.iter().find(lacks)?;
        let message = format!(
            "not everybody who signs in may pull `{glob}`, as those who do not sign in may: write `everyone` in place \
             of `anonymous`"
        );
        Some(Warning::new("anonymous-only", message))
    }

    /// Whether some allow rule that `counts` lets all whom `selector` means pull all that `glob` fits, wherever and
    /// whenever `rule` holds. Among the rules that are not looked at one may.
    fn gives_pull(
        &self,
        selector: &Selector,
        glob: &NameGlob,
        rule: &Rule,
        counts: impl Fn(&Rule) -> bool,
    ) -> bool {
        let mut looked = 0;
        let given = self.about(selector).inspect(|_| looked += 1).any(|other| {
            other.resource_type.fits_repositories()
                && other.effect == Effect::Allow
                && counts(other)
                && lists(other, "pull")
                && coverage::place_and_time(other, rule)
                && other.names.iter().any(|name| coverage::name(name, glob))
                && other.subjects.iter().any(|one| coverage::selector(one, selector))
        });
        given || looked >= MOST_OTHERS
    }
}

/// Subjects that name nobody, or none at all.
fn subjects(rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
    if rule.subjects.is_empty() {
        let message = "it names no subject any more: give it some, or delete it";
        return vec![Warning::new("no-subjects", message)];
    }
    let unknown = rule.subjects.iter().filter_map(|one| Some((one, known.unknown.get(one)?)));
    let told = |(selector, meant): (&Selector, &Option<Selector>)| {
        let message = match meant {
            Some(meant) => format!("there is no `{selector}`, but there is `{meant}`: write that"),
            None => format!("there is no `{selector}`: create it, or take it out of the rule"),
        };
        Warning::new("unknown-subject", message)
    };
    unknown.map(told).collect()
}

fn span(rule: &Rule, at: Timestamp) -> Option<Warning> {
    match (rule.not_before, rule.not_after) {
        (Some(begin), Some(end)) if begin >= end => {
            Some(Warning::new("never-holds", "it ends before it begins: correct `not_before` or `not_after`"))
        }
        (_, Some(end)) if end <= at => Some(Warning::new(
            "expired",
            format!("it ended at {end}: delete it, or give it a later `not_after`"),
        )),
        _ => None,
    }
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "shadowed_tests.rs"]
mod shadowed_tests;

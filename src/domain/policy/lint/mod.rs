//! Warnings about rules that can never matter, or that probably have another effect than intended.
//!
//! INVARIANT: no false alarm: a warning that a rule grants nothing, or hides the grants of others, is certain. What
//! must not go in: refusing anything. A rule with warnings is stored and evaluated like any other.

mod anonymous;
mod asked;
mod fix;
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
use crate::domain::shell;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;

pub use asked::NeverAsked;
pub use known::Known;
use known::MOST_OTHERS;
pub use names::impossible_scope;

fn lists(rule: &Rule, action: &str) -> bool {
    Action::parse(action).is_ok_and(|action| rule.lists(&action))
}

impl Policy {
    /// Returns the warnings about `rule`. Some warnings depend on the other rules of the policy.
    #[must_use]
    pub fn lint(&self, rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
        let mut found = subjects(rule, known);
        found.extend(span(rule, known.at));
        found.extend(names::warnings(rule, known));
        found.extend(words::warnings(rule, known));
        found.extend(anonymous::placeholder(rule));
        if !rule.enabled {
            return found;
        }
        found.extend(slow(rule));
        if rule.effect == Effect::Allow {
            found.extend(self.shadowed(rule));
            found.extend(self.push_without_pull(rule));
            found.extend(anonymous::everything(rule));
            found.extend(anonymous::writes(rule));
            found.extend(anonymous::only(self, rule, known));
        }
        found.extend(tiers::hides_lower(self, rule, known));
        found
    }

    /// Returns the lowest priority of an enabled allow rule, among the rules that the search for hidden rules
    /// examines. Callers compute it once for many rules, for [`Known::lowest_tier`].
    #[must_use]
    pub fn lowest_tier(&self) -> Option<i32> {
        tiers::lowest(self)
    }

    /// Returns the enabled rules that name `selector` or a wider selector, at most [`MOST_OTHERS`].
    fn about(&self, selector: &Selector) -> impl Iterator<Item = &Rule> {
        self.buckets_over(selector)
            .flat_map(|bucket| bucket.all().iter())
            .map(|rule| &**rule)
            .take(MOST_OTHERS)
    }

    /// Warns of an allow rule that another rule always overrides: a deny rule of its tier, or any rule of a higher
    /// tier.
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
                return Some(Warning::new("shadowed-by-tier", below(rule, other)));
            }
            if takes_all(other) {
                let message = format!(
                    "it grants nothing, because rule `{}` denies everything that this rule allows: delete this \
                     rule: {}, or let that rule deny less",
                    other.name,
                    fix::delete(rule)
                );
                return Some(Warning::new("shadowed-by-deny", message));
            }
        }
        None
    }

    /// Warns of a rule that allows push without pull, unless a rule of the same priority allows the pull: a client
    /// that pushes needs both.
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
            "`{selector}` may push to `{glob}` but not pull, and a push needs both: add `pull` to its actions: {}",
            fix::update(rule, &[("--add-action", &"pull")])
        );
        Some(Warning::new("push-without-pull", message))
    }

    /// Returns true if an allow rule accepted by `counts` lets all subjects of `selector` pull everything that
    /// `glob` matches, wherever and whenever `rule` applies. If there are too many rules to examine, returns true,
    /// because an unexamined rule may allow the pull.
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

/// Returns the advice for `rule` if `other`, with a higher priority, matches everything that `rule` matches.
fn below(rule: &Rule, other: &Rule) -> String {
    let (name, priority) = (&other.name, other.priority);
    let hidden: Vec<String> =
        rule.actions.iter().filter(|one| !other.lists(one)).map(|one| format!("`{one}`")).collect();
    if hidden.is_empty() {
        return format!(
            "it never decides, because rule `{name}` has the higher priority {priority} and matches everything that \
             this rule matches: delete it: {}, or raise its priority",
            fix::delete(rule)
        );
    }
    format!(
        "it never decides, because rule `{name}` has the higher priority {priority} and matches everything that \
         this rule matches, although rule `{name}` does not name {}: lower the priority of rule `{name}`: {}",
        fix::listed(&hidden),
        fix::update(other, &[("--priority", &rule.priority)])
    )
}

/// Warns of a rule whose patterns take too long to match. A write refuses new patterns of this kind.
fn slow(rule: &Rule) -> Option<Warning> {
    let why = rule.too_slow()?;
    let message = format!("its patterns are slow: {why}; until then, disable it: {}", fix::disable(rule));
    Some(Warning::new("slow-pattern", message))
}

/// Warns of selectors without an existing subject, and of an empty list of subjects.
fn subjects(rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
    if rule.subjects.is_empty() {
        let message =
            format!("it names no subject any more: give it some, or delete it: {}", fix::delete(rule));
        return vec![Warning::new("no-subjects", message)];
    }
    let unknown = rule.subjects.iter().filter_map(|one| Some((one, known.unknown.get(one)?)));
    let told = |(selector, meant): (&Selector, &Option<Selector>)| {
        let taken_out = || fix::take_out(rule, rule.subjects.len(), ("--remove-subject", selector));
        let message = match meant {
            None if known.awaited.contains_key(selector) => awaited(selector, known, &taken_out()),
            Some(meant) => format!(
                "there is no `{selector}`, but there is `{meant}`: write that: {}",
                fix::update(rule, &[("--remove-subject", selector), ("--add-subject", meant)])
            ),
            None => format!(
                "there is no `{selector}`: create it{}, or take it out of the rule: {}",
                creation(selector).map(|command| format!(": {command}")).unwrap_or_default(),
                taken_out()
            ),
        };
        Warning::new("unknown-subject", message)
    };
    unknown.map(told).collect()
}

/// Returns the warning about a subject that an identity provider may create. If somebody created a subject with the
/// same name by hand, the two subjects would collide.
fn awaited(selector: &Selector, known: &Known<'_>, taken_out: &str) -> String {
    let provider = known.awaited.get(selector).map(ToString::to_string).unwrap_or_default();
    match selector {
        Selector::Group(_) => format!(
            "there is no `{selector}` yet: the identity provider `{provider}` makes the group when its first member signs in, so do not create it; if that never happens, take the group out of the rule: {taken_out}"
        ),
        _ => format!(
            "there is no `{selector}`: if that is a person of the identity provider `{provider}`, wait for the first sign-in, which makes the user, and do not create one; otherwise create it{}, or take it out of the rule: {taken_out}",
            creation(selector).map(|command| format!(": {command}")).unwrap_or_default()
        ),
    }
}

/// Returns the command that creates the subject of a selector; `None` if the selector names no user, robot or
/// group.
fn creation(selector: &Selector) -> Option<String> {
    let (nouns, name) = match selector {
        Selector::User(name) => ("users", name.to_string()),
        Selector::Robot(name) => ("robots", name.to_string()),
        Selector::Group(name) => ("groups", name.to_string()),
        Selector::Authenticated | Selector::Anonymous | Selector::Everyone => return None,
    };
    Some(format!("`portreeve {nouns} create{}`", shell::argument(&name)))
}

fn span(rule: &Rule, at: Timestamp) -> Option<Warning> {
    match (rule.not_before, rule.not_after) {
        (Some(begin), Some(end)) if begin >= end => {
            let delete = fix::delete(rule);
            let message = format!(
                "it ends before it begins: correct `not_before` or `not_after`, or delete it: {delete}"
            );
            Some(Warning::new("never-holds", message))
        }
        (_, Some(end)) if end <= at => Some(Warning::new(
            "expired",
            format!("it ended at {end}: delete it: {}, or give it a later `not_after`", fix::delete(rule)),
        )),
        _ => None,
    }
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "neighbour_tests.rs"]
mod neighbour_tests;

#[cfg(test)]
#[path = "shadowed_tests.rs"]
mod shadowed_tests;

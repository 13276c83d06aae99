//! Warnings about rules for people who do not sign in, for everyone, and for everyone who signs in.

use super::fix;
use super::known::{Known, MOST_OTHERS};
use crate::domain::policy::compare::names::Patterns;
use crate::domain::policy::compare::pattern::{self, Pattern};
use crate::domain::policy::compare::work::Work;
use crate::domain::policy::index::Policy;
use crate::domain::policy::rule::Rule;
use crate::domain::policy::witness::{self, Case};
use crate::domain::resource::{Action, ResourceType};
use crate::domain::selector::Selector;
use crate::domain::subject::Subject;
use crate::domain::warning::Warning;
use std::collections::BTreeSet;

/// The greatest amount of work to find a name.
const MOST_WORK: usize = 100_000;

/// Returns true if some pattern of the rule has no placeholder, so that it matches names for every subject.
fn has_plain_name(rule: &Rule) -> bool {
    rule.names.iter().any(|glob| !glob.has_placeholder())
}

/// Warns of a rule that allows every action on repositories to everyone, or to everyone who signs in.
pub(super) fn everything(rule: &Rule) -> Option<Warning> {
    let wide = |selector: &&Selector| matches!(selector, Selector::Everyone | Selector::Authenticated);
    let selector = rule.subjects.iter().find(wide)?;
    if !rule.resource_type.fits_repositories() || !rule.actions.has_every() || !has_plain_name(rule) {
        return None;
    }
    let message = format!(
        "it allows `{selector}` every action, deletion included: list the actions that are meant, for example: {}",
        fix::update(rule, &[("--action", &"pull")])
    );
    Some(Warning::new("everyone-everything", message))
}

/// Warns of a rule that allows changes of repositories without a sign-in.
pub(super) fn writes(rule: &Rule) -> Option<Warning> {
    let is_anonymous = |selector: &&Selector| matches!(selector, Selector::Everyone | Selector::Anonymous);
    let selector = rule.subjects.iter().find(is_anonymous)?;
    // If the rule allows `everyone` every action, `everything` warns of the rule.
    let said = rule.actions.has_every() && rule.subjects.contains(&Selector::Everyone);
    if !rule.resource_type.fits_repositories() || !has_plain_name(rule) || said {
        return None;
    }
    let words: Vec<&str> =
        ["push", "delete", "*"].into_iter().filter(|word| rule.names_action(word)).collect();
    let first = words.first()?;
    let does = if *first == "*" { "push and delete".to_owned() } else { words.join(" and ") };
    let out: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    let mut message = format!(
        "it lets people who do not sign in {does}: write `authenticated` in place of `{selector}`: {}",
        instead(rule, selector, &Selector::Authenticated)
    );
    if words.len() < rule.actions.len() {
        let command = fix::update(rule, &[("--remove-action", &words.join(","))]);
        message.push_str(&format!("; or take {} out of its actions: {command}", out.join(" and ")));
    }
    Some(Warning::new("anonymous-write", message))
}

/// Returns the command that replaces one selector of a rule by another.
fn instead(rule: &Rule, one: &Selector, other: &Selector) -> String {
    fix::update(rule, &[("--remove-subject", one), ("--add-subject", other)])
}

/// Warns of an allow rule for anonymous alone, if some signed-in people may not pull what anonymous may pull. The
/// check tries one name of each kind that the rules distinguish, for a subject without groups.
pub(super) fn only(policy: &Policy, rule: &Rule, known: &Known<'_>) -> Option<Warning> {
    let is_anonymous = |selector: &Selector| *selector == Selector::Anonymous;
    let is_for_them = !rule.subjects.is_empty() && rule.subjects.iter().all(is_anonymous);
    if !is_for_them || !rule.resource_type.fits_repositories() || !rule.lists(&Action::parse("pull").ok()?) {
        return None;
    }
    let (resource_type, action) = (ResourceType::parse("repository").ok()?, Action::parse("pull").ok()?);
    let [nobody, somebody] =
        [Selector::Anonymous, Selector::Authenticated].map(|selector| witness::subject(&selector));
    let mut all: Vec<Pattern> =
        rule.names.iter().flat_map(|glob| pattern::patterns(glob, &nobody).0).collect();
    let wanted = all.len();
    all.extend(told_apart(policy, &resource_type, [&nobody, &somebody]));
    let patterns = Patterns { all: &all, wanted, needed: None, of: &resource_type };
    let samples = patterns.samples(&mut Work::new(MOST_WORK));
    let at = witness::moment(rule, known.at);
    let address = Some(witness::address(rule));
    let services = || known.services.keys().filter(|name| rule.matches_service(name));
    let name = samples.iter().map(|sample| &sample.name).find(|name| {
        let (resource_type, action) = (&resource_type, &action);
        services().any(|service| {
            let case = Case { service, resource_type, name, action, address, at };
            case.is_granted(policy, &nobody) && !case.is_granted(policy, &somebody)
        })
    })?;
    let message = format!(
        "people who do not sign in may pull `{name}`, but not everybody who signs in may: write `everyone` in place of \
         `anonymous`: {}",
        fix::update(rule, &[("--subject", &Selector::Everyone)])
    );
    Some(Warning::new("anonymous-only", message))
}

/// Returns the patterns of the rules about these subjects, each once. Examines at most [`MOST_OTHERS`] rules for
/// each subject.
fn told_apart(policy: &Policy, of: &ResourceType, subjects: [&Subject; 2]) -> BTreeSet<Pattern> {
    let about = |subject| {
        let rules = policy.buckets(subject).flat_map(|bucket| bucket.all().iter());
        let rules = rules.filter(|rule| rule.resource_type.matches(of)).take(MOST_OTHERS);
        rules.flat_map(|rule| rule.names.iter()).flat_map(move |glob| pattern::patterns(glob, subject).0)
    };
    subjects.into_iter().flat_map(about).collect()
}

/// Warns of a pattern with a placeholder in a rule for `anonymous`: it never matches for anonymous. Does not warn
/// if the rule also has other subjects and a pattern without placeholders.
pub(super) fn placeholder(rule: &Rule) -> Option<Warning> {
    let is_anonymous = |selector: &Selector| *selector == Selector::Anonymous;
    let glob = rule.names.iter().find(|glob| glob.has_placeholder())?;
    // The pattern with a placeholder is then for the other subjects, and the pattern without placeholders for
    // anonymous.
    let is_for_others = !rule.subjects.iter().all(is_anonymous) && has_plain_name(rule);
    if is_for_others || !rule.subjects.iter().any(is_anonymous) {
        return None;
    }
    let message = format!(
        "`{glob}` never matches for `anonymous`, who has no name, group or label: write a name without placeholder, \
         or `authenticated` in place of `anonymous`: {}",
        instead(rule, &Selector::Anonymous, &Selector::Authenticated)
    );
    Some(Warning::new("anonymous-placeholder", message))
}

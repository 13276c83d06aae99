//! Warns of services that do not exist, of the catalogue under the type `repository`, and of types and actions that
//! no registry requests.
//!
//! INVARIANT: types and actions are judged only if the rule matches a service, and no service of the rule has the
//! profile `custom`, because a registry of that profile may request anything.

use super::asked;
use super::fix;
use super::known::Known;
use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::rule::{Rule, TypePattern};
use crate::domain::policy::services::ServiceGlob;
use crate::domain::resource::Action;
use crate::domain::service::Service;
use crate::domain::shell;
use crate::domain::verifier::Profile;
use crate::domain::warning::Warning;

/// The greatest number of services that a message names.
const MOST_NAMED: usize = 5;

/// Returns the warnings about the services, the type and the actions of a rule.
pub(super) fn warnings(rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
    let mut found = services(rule, known);
    found.extend(catalog(rule, known));
    if all_profiles_are_known(rule, known) {
        let unknown = unknown_type(rule);
        let actions = if unknown.is_some() { Vec::new() } else { unknown_actions(rule) };
        found.extend(unknown.into_iter().chain(actions));
    }
    found
}

fn of_rule<'a>(rule: &'a Rule, known: &Known<'a>) -> impl Iterator<Item = &'a Service> {
    known.services.values().filter(|service| rule.matches_service(&service.name))
}

fn is_custom(service: &Service) -> bool {
    service.verifier.profile() == Profile::Custom
}

/// Returns true if some service of the rule may request any type and action.
pub(super) fn has_custom_service(rule: &Rule, known: &Known<'_>) -> bool {
    of_rule(rule, known).any(is_custom)
}

fn all_profiles_are_known(rule: &Rule, known: &Known<'_>) -> bool {
    of_rule(rule, known).next().is_some() && !has_custom_service(rule, known)
}

fn services(rule: &Rule, known: &Known<'_>) -> Vec<Warning> {
    let is_for_none =
        |glob: &&ServiceGlob| glob.as_str() != "*" && !known.services.keys().any(|name| glob.matches(name));
    let told = |glob: &ServiceGlob| {
        let message = format!(
            "no service has a name like `{glob}`: {}correct `services` of the rule, or take it out: {}; there is {}",
            creation(glob).map(|command| format!("create it: {command}, ")).unwrap_or_default(),
            fix::take_out(rule, rule.services.len(), ("--remove-service", glob)),
            named(known)
        );
        Warning::new("unknown-service", message)
    };
    rule.services.iter().filter(is_for_none).map(told).collect()
}

/// Returns the command that creates the service, if the pattern is the name of a service.
fn creation(glob: &ServiceGlob) -> Option<String> {
    let is_named = !glob.as_str().contains(['*', '?']);
    is_named.then(|| format!("`portreeve services create{}`", shell::argument(glob.as_str())))
}

/// Returns a text that names the first existing services; `none` if no service exists.
fn named(known: &Known<'_>) -> String {
    let more = (known.services.len() > MOST_NAMED).then(|| "…".to_owned());
    let first = known.services.keys().take(MOST_NAMED).map(|name| format!("`{name}`"));
    let all: Vec<String> = first.chain(more).collect();
    if all.is_empty() { "none".to_owned() } else { all.join(", ") }
}

/// Warns of a rule of the type `repository` that names the catalogue.
fn catalog(rule: &Rule, known: &Known<'_>) -> Option<Warning> {
    let is_catalog = |text: &str| matches!(text, "catalog" | "_catalog");
    let glob = rule.names.iter().find(|glob| is_catalog(glob.as_str()))?;
    let is_repository =
        matches!(&rule.resource_type, TypePattern::Exactly(exactly) if exactly.is_repository());
    // A rule that lists `push` or `delete`, or that lists `catalog` among other names without the action `*`, means
    // a repository.
    let is_pushed = ["push", "delete"].iter().any(|word| rule.names_action(word));
    let is_meant = glob.as_str() == "_catalog" || rule.names.len() == 1 || rule.actions.has_every();
    if !is_repository || is_pushed || !is_meant || has_custom_service(rule, known) {
        return None;
    }
    let message = format!(
        "`{glob}` under the type `repository` is one repository of that name: for the list of all repositories \
         write the type `registry`, the name `catalog` and the action `*`{}",
        catalog_fix(rule, glob)
    );
    Some(Warning::new("catalog-is-registry", message))
}

/// Returns the command that corrects the rule. If the rule also lists other names, returns the advice to write
/// another rule, and the command that removes the name from this rule.
fn catalog_fix(rule: &Rule, glob: &NameGlob) -> String {
    if rule.names.len() == 1 {
        let flags: [fix::Flag<'_>; 3] = [("--type", &"registry"), ("--name", &"catalog"), ("--action", &"*")];
        return format!(": {}", fix::update(rule, &flags));
    }
    let command = fix::update(rule, &[("--remove-name", glob)]);
    format!(" in another rule, and take this name out: {command}")
}

fn unknown_type(rule: &Rule) -> Option<Warning> {
    let TypePattern::Exactly(exactly) = &rule.resource_type else {
        return None;
    };
    let meant = asked::type_instead(exactly.as_str())?;
    let command = fix::update(rule, &[("--type", &meant)]);
    let message = format!("no registry asks about the type `{exactly}`: write `{meant}`: {command}");
    Some(Warning::new("unknown-type", message))
}

fn unknown_actions(rule: &Rule) -> Vec<Warning> {
    let mut known: Vec<&str> = asked::actions(match &rule.resource_type {
        TypePattern::Any => None,
        TypePattern::Exactly(exactly) => Some(exactly.as_str()),
    });
    // A registry that reports events uses an access key with `push` on `registry:events`.
    let reports = |glob: &NameGlob| matches!(glob.as_str(), "events" | "*" | "**");
    if matches!(&rule.resource_type, TypePattern::Exactly(exactly) if exactly.as_str() == "registry")
        && rule.names.iter().any(reports)
    {
        known.push("push");
    }
    let told = |action: &Action| {
        let meant = asked::action_instead(action.as_str(), &known);
        let fix = match meant {
            Some(meant) => {
                let flags: [fix::Flag<'_>; 2] = [("--remove-action", action), ("--add-action", &meant)];
                format!("write `{meant}`: {}", fix::update(rule, &flags))
            }
            None => {
                let all: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
                let command = fix::take_out(rule, rule.actions.len(), ("--remove-action", action));
                format!("take it out: {command}; the actions are {}", all.join(", "))
            }
        };
        let of_type = &rule.resource_type;
        let message = format!("no registry asks for `{action}` on the type `{of_type}`: {fix}");
        Warning::new("unknown-action", message)
    };
    rule.actions.iter().filter(|action| !known.contains(&action.as_str())).map(told).collect()
}

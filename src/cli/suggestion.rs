//! The commands that would grant what `explain` found to be granted by no rule, or look at a rule that denies it.
//!
//! INVARIANT: pasted into a shell as it is, a command to allow something succeeds, and what its line names is then
//! granted. Where no new rule of the usual kind can do that, none is suggested.

use super::client::{Body, Client, Request, path};
use super::error::CliError;
use super::escape::clean;
use crate::domain::policy::{NameGlob, RuleName};
use crate::domain::shell;
use crate::outbound::Method;
use serde_json::{Map, Value};

/// How many names are tried for a new rule.
const MOST_NAMES: u32 = 50;

/// What was asked and answered.
pub(super) struct Asked<'a> {
    /// The body that was sent to `/check`.
    pub(super) question: &'a Map<String, Value>,
    /// Its answer for each action.
    pub(super) told: &'a [Value],
    /// The flag that says for which registry, if that was said, to be repeated.
    pub(super) service: String,
    /// Flags that say which server, to be repeated.
    pub(super) flags_of_server: String,
}

/// The lines that tell what to do: how to allow what no rule says anything about, for each resource, and what to look
/// at where a rule denies it.
pub(super) fn lines(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut text = String::new();
    let mut resources: Vec<(&str, &str)> = Vec::new();
    let mut names = Vec::new();
    for one in asked.told.iter().filter(|one| is_open(one)) {
        let resource = of_resource(one);
        if resources.contains(&resource) {
            continue;
        }
        resources.push(resource);
        let actions: Vec<&Value> =
            asked.told.iter().filter(|one| is_open(one) && of_resource(one) == resource).collect();
        if let Some(command) = command(client, asked, resource, &actions, &mut names)? {
            text.push_str(&format!("to allow {}: {command}\n", what(asked, resource, &actions)));
        }
    }
    text.push_str(&denials(client, asked)?);
    Ok(text)
}

/// What a command allows: `it`, where nothing else that was asked of the resource is refused.
fn what(asked: &Asked<'_>, resource: (&str, &str), actions: &[&Value]) -> String {
    let is_refused =
        |one: &&Value| one.get("granted") != Some(&Value::Bool(true)) && of_resource(one) == resource;
    if asked.told.iter().filter(is_refused).count() == actions.len() {
        return "it".to_owned();
    }
    let names: Vec<String> = actions.iter().map(|one| clean(word(one, "action"))).collect();
    names.join(" and ")
}

fn of_resource(one: &Value) -> (&str, &str) {
    (word(one, "type"), word(one, "name"))
}

/// What to look at where rules deny something, and how to let them deny less. A `*` is denied with any action, so
/// such a rule is looked at for that action.
fn denials(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut denied: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in asked.told.iter().filter(|one| one.get("granted") != Some(&Value::Bool(true))) {
        let (rule, action) = (word(one, "denied_by"), word(one, "action"));
        match denied.iter_mut().find(|(own, _)| *own == rule) {
            _ if rule.is_empty() => {}
            Some((_, actions)) if actions.contains(&action) => {}
            Some((_, actions)) => actions.push(action),
            None => denied.push((rule, vec![action])),
        }
    }
    let mut text = String::new();
    for (name, mut actions) in denied {
        if actions.len() > 1 {
            actions.retain(|action| *action != "*");
        }
        let flags = &asked.flags_of_server;
        text.push_str(&format!("to look at rule `{name}`: portreeve rules show {name}{flags}\n"));
        let rule = client.get(path(&["rules", name])?)?.body;
        let own: Vec<&str> = rule
            .get("actions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let is_every = own.contains(&"*");
        let all_are_own = actions.iter().all(|action| own.contains(action));
        if all_are_own && !is_every && own.len() > actions.len() {
            let list: Vec<String> = actions.iter().map(|action| clean(action)).collect();
            let flag = shell::flag("--remove-action", &list.join(","));
            text.push_str(&format!(
                "to let it deny no more {}: portreeve rules update {name}{flag}{flags}\n",
                list.join(" and ")
            ));
        } else {
            text.push_str(&format!(
                "to switch it off: portreeve rules update {name} --enabled=false{flags}\n"
            ));
        }
    }
    Ok(text)
}

fn word<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn near_misses(one: &Value) -> impl Iterator<Item = &Value> {
    one.get("near_misses").and_then(Value::as_array).into_iter().flatten()
}

/// Whether a new rule may grant it: nothing denies it, and no tier hides what would allow it.
fn is_open(one: &Value) -> bool {
    one.get("granted") != Some(&Value::Bool(true))
        && one.get("denied_by").is_none_or(Value::is_null)
        && one.get("restricted") != Some(&Value::Bool(true))
        && word(one, "nothing_matches") != "tier"
        && !near_misses(one).any(|miss| word(miss, "failed") == "tier")
}

fn command(
    client: &Client,
    asked: &Asked<'_>,
    (resource_type, name): (&str, &str),
    actions: &[&Value],
    taken: &mut Vec<String>,
) -> Result<Option<String>, CliError> {
    // A pattern cannot say what is literal, so not every name can be one.
    if NameGlob::parse(name).is_err() {
        return Ok(None);
    }
    let Some(priority) = priority(client, asked, (resource_type, name), actions)? else { return Ok(None) };
    let subject = asked.question.get("subject").and_then(Value::as_str).unwrap_or_default();
    let owner = subject.split_once(':').map_or(subject, |(_, name)| name);
    let Some(rule) = free_name(client, &format!("{owner}-{name}"), taken)? else { return Ok(None) };
    let every = actions.iter().any(|one| word(one, "action") == "*");
    let list = if every {
        shell::word("*")
    } else {
        actions.iter().map(|one| shell::word(&clean(word(one, "action")))).collect::<Vec<_>>().join(",")
    };
    let mut command = format!("portreeve rules create {rule}{}", shell::flag("--subject", &clean(subject)));
    if resource_type != "repository" {
        command.push_str(&shell::flag("--type", &clean(resource_type)));
    }
    command.push_str(&shell::flag("--name", &clean(name)));
    command.push_str(&format!(" --action {list}"));
    if priority != 0 {
        command.push_str(&format!(" --priority={priority}"));
    }
    command.push_str(&asked.service);
    command.push_str(&asked.flags_of_server);
    Ok(Some(command))
}

/// The tier that the new rule must be in to count; `None` where a higher one only denies.
fn priority(
    client: &Client,
    asked: &Asked<'_>,
    (resource_type, name): (&str, &str),
    actions: &[&Value],
) -> Result<Option<i64>, CliError> {
    // A rule that fails by its actions alone is of the tier that decides.
    let deciding = |one: &&Value| near_misses(one).find(|miss| word(miss, "failed") == "action").cloned();
    if let Some(miss) = actions.iter().find_map(deciding) {
        return priority_of(client, word(&miss, "rule")).map(Some);
    }
    // Else only denies can be in it, and every one of them denies the star.
    let mut question = asked.question.clone();
    question.insert("scope".to_owned(), Value::from(format!("{resource_type}:{name}:*")));
    let mut request = Request::new(Method::POST, path(&["check"])?);
    request.body = Body::Json(Value::Object(question));
    let answer = client.send(request)?.body;
    let told = answer.get("why").and_then(Value::as_array).into_iter().flatten();
    let star = told.into_iter().find(|one| word(one, "action") == "*");
    match star.map_or("", |one| word(one, "denied_by")) {
        "" => Ok(Some(0)),
        deny => priority_of(client, deny).map(|priority| (priority <= 0).then_some(priority)),
    }
}

fn priority_of(client: &Client, rule: &str) -> Result<i64, CliError> {
    let rule = client.get(path(&["rules", rule])?)?.body;
    Ok(rule.get("priority").and_then(Value::as_i64).unwrap_or_default())
}

/// A name that no rule has.
fn free_name(client: &Client, wish: &str, taken: &mut Vec<String>) -> Result<Option<String>, CliError> {
    let wish = RuleName::like(wish);
    for number in 1..=MOST_NAMES {
        let name = if number == 1 { wish.to_string() } else { format!("{wish}-{number}") };
        if taken.contains(&name) {
            continue;
        }
        match client.get(path(&["rules", &name])?) {
            Ok(_) => {}
            Err(error) if error.status() == Some(404) => {
                taken.push(name.clone());
                return Ok(Some(name));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

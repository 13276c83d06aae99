//! The command that would grant what `explain` found to be granted by no rule.
//!
//! INVARIANT: pasted into a shell as it is, the command succeeds and the same question is then granted. Where no new
//! rule of the usual kind can do that, none is suggested.

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
    /// Flags that say which server, and for which registry if that was said, to be repeated.
    pub(super) flags: String,
}

/// The lines that tell how to allow what no rule says anything about, one for each resource.
pub(super) fn lines(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut text = String::new();
    let mut resources: Vec<(&str, &str)> = Vec::new();
    let mut names = Vec::new();
    for one in asked.told.iter().filter(|one| is_open(one)) {
        let resource = (word(one, "type"), word(one, "name"));
        if resources.contains(&resource) {
            continue;
        }
        resources.push(resource);
        let actions: Vec<&Value> = asked
            .told
            .iter()
            .filter(|one| is_open(one) && (word(one, "type"), word(one, "name")) == resource)
            .collect();
        if let Some(command) = command(client, asked, resource, &actions, &mut names)? {
            text.push_str(&format!("to allow it: {command}\n"));
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
    command.push_str(&asked.flags);
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

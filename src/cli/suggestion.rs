//! Suggests commands after `explain`. If no rule denies an action or hides a rule that allows it, a command creates
//! a rule that allows the action. Otherwise commands show or change the rule that denies or hides. Some actions get
//! no command, for example those that the access key's scope excludes.
//!
//! INVARIANT: a suggested command succeeds when it is pasted into a shell. A suggested `rules create` grants the
//! named actions, and lint does not warn of the new rule. If lint would warn, the line says so and contains
//! no command.

use super::client::{Body, Client, Request, path, text_field};
use super::error::CliError;
use super::escape::clean;
use crate::domain::policy::{NameGlob, NeverAsked, RuleName};
use crate::domain::shell;
use crate::outbound::Method;
use serde_json::{Map, Value, json};

/// The greatest number of names that are tried for a new rule.
const MOST_NAMES: u32 = 50;

/// A question and its answer.
pub(super) struct Asked<'a> {
    /// The body that was sent to `/check`.
    pub(super) question: &'a Map<String, Value>,
    /// The server's answer for each action.
    pub(super) told: &'a [Value],
    /// The flag for the registry if the question had one, to repeat it in commands.
    pub(super) service: String,
    /// The flags for the server, to repeat them in commands.
    pub(super) flags_of_server: String,
}

impl Asked<'_> {
    /// Returns the subject of the question.
    fn subject(&self) -> &str {
        self.question.get("subject").and_then(Value::as_str).unwrap_or_default()
    }
}

/// Returns the advice about the actions that are not granted. First, for each resource, the command for a new rule
/// that allows the actions which no rule denies or hides. Then, for each rule that hides an allowing rule, the
/// command that gives both rules the same priority. Last, for each rule that denies, the commands that show the
/// rule and stop it from denying.
pub(super) fn lines(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut text = String::new();
    let mut resources: Vec<(&str, &str)> = Vec::new();
    let mut names = Vec::new();
    let is_custom = || -> Result<bool, CliError> {
        let service = asked.question.get("service").and_then(Value::as_str).unwrap_or_default();
        let found = client.get(path(&["services", service])?)?.body;
        Ok(text_field(&found, "profile") == "custom")
    };
    for one in asked.told.iter().filter(|one| is_open(one)) {
        let resource = of_resource(one);
        if resources.contains(&resource) {
            continue;
        }
        resources.push(resource);
        let mut actions: Vec<&Value> =
            asked.told.iter().filter(|one| is_open(one) && of_resource(one) == resource).collect();
        if !is_custom()? {
            text.push_str(&never_asked(asked, resource, &mut actions));
        }
        text.push_str(&without_writes(asked, resource, &mut actions));
        if !actions.is_empty() {
            text.push_str(&allowing(client, asked, resource, &actions, &mut names)?);
        }
    }
    text.push_str(&hiding(client, asked)?);
    text.push_str(&denials(client, asked)?);
    Ok(text)
}

/// Removes from `actions` the actions that no registry requests, and returns the lines about the removed actions.
fn never_asked(asked: &Asked<'_>, resource: (&str, &str), actions: &mut Vec<&Value>) -> String {
    let (resource_type, name) = resource;
    let told = asked.told.iter().filter(|one| of_resource(one) == resource);
    let all: Vec<&str> = told.map(|one| text_field(one, "action")).collect();
    if let Some(why) = NeverAsked::resource(resource_type, name, &all) {
        actions.clear();
        return format!("{}\n", clean(&why.to_string()));
    }
    let mut lines = String::new();
    actions.retain(|one| {
        let why = NeverAsked::action(resource_type, text_field(one, "action"));
        if let Some(why) = &why {
            lines.push_str(&format!("{}\n", clean(&why.to_string())));
        }
        why.is_none()
    });
    lines
}

/// Removes from `actions` the actions that anonymous people should not have, and returns a line if it removed
/// any.
fn without_writes(asked: &Asked<'_>, (resource_type, _): (&str, &str), actions: &mut Vec<&Value>) -> String {
    if asked.subject() != "anonymous" || resource_type != "repository" {
        return String::new();
    }
    let all = actions.len();
    actions.retain(|one| text_field(one, "action") == "pull");
    if actions.len() == all {
        return String::new();
    }
    "people who do not sign in should only pull: ask about the user or robot who shall do more\n".to_owned()
}

/// Names the actions that a command allows. Returns `it` if the command allows all refused actions of the resource.
fn what(asked: &Asked<'_>, resource: (&str, &str), actions: &[&Value]) -> String {
    let is_refused =
        |one: &&Value| one.get("granted") != Some(&Value::Bool(true)) && of_resource(one) == resource;
    if asked.told.iter().filter(is_refused).count() == actions.len() {
        return "it".to_owned();
    }
    let names: Vec<String> = actions.iter().map(|one| clean(text_field(one, "action"))).collect();
    names.join(" and ")
}

fn of_resource(one: &Value) -> (&str, &str) {
    (text_field(one, "type"), text_field(one, "name"))
}

/// Returns the lines about each rule that denies an action: a command that shows the rule, and commands that
/// stop the rule from denying. A rule that denies any action also denies `*`.
fn denials(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut denied: Vec<(&str, Vec<&str>)> = Vec::new();
    for one in asked.told.iter().filter(|one| !is_granted(one)) {
        let (rule, action) = (text_field(one, "denied_by"), text_field(one, "action"));
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
        let told: Vec<&Value> = asked
            .told
            .iter()
            .filter(|one| {
                text_field(one, "denied_by") == name && actions.contains(&text_field(one, "action"))
            })
            .collect();
        text.push_str(&narrowing(client, &rule, name, &actions, &told, flags)?);
    }
    Ok(text)
}

/// Returns commands that stop a rule from denying these actions: by narrowing the rule and perhaps changing its
/// priority, or by disabling it or letting another rule decide before it.
fn narrowing(
    client: &Client,
    rule: &Value,
    name: &str,
    actions: &[&str],
    told: &[&Value],
    flags: &str,
) -> Result<String, CliError> {
    let own = rules(rule, "actions");
    let leaves_some =
        !own.contains(&"*") && actions.iter().all(|action| own.contains(action)) && own.len() > actions.len();
    // Denying less is enough only if a rule of the deciding priority allows each action. A rule of a lower priority
    // would stay hidden, because the deciding priority decides alone.
    let is_allowed_beside = told.iter().all(|one| !rules(one, "allowed_by").is_empty());
    let lower = told.first().and_then(|one| rules(one, "hidden").first().copied());
    // Every deny rule denies `*`, whatever its priority.
    let lower = lower.filter(|_| !actions.contains(&"*"));
    let lower = lower.filter(|lower| told.iter().all(|one| rules(one, "hidden").contains(lower)));
    let decides_alone = told.iter().all(|one| rules(one, "decided_by") == [name]);
    let list: Vec<String> = actions.iter().map(|action| clean(action)).collect();
    let narrow = format!(
        "to stop rule `{name}` from denying {} to anybody: portreeve rules update {name}{}",
        list.join(" and "),
        shell::flag("--remove-action", &list.join(","))
    );
    match lower {
        _ if leaves_some && is_allowed_beside => return Ok(format!("{narrow}{flags}\n")),
        Some(lower) if leaves_some && decides_alone => {
            let priority = priority_of(client, lower)?;
            return Ok(format!("{narrow} --priority={priority}{flags}\n"));
        }
        _ => {}
    }
    let mut text = format!(
        "to switch rule `{name}` off for everybody: portreeve rules update {name} --enabled=false{flags}\n"
    );
    let priority = rule.get("priority").and_then(Value::as_i64).unwrap_or_default();
    if let Some(lower) = lower.filter(|_| priority < i64::from(i32::MAX)) {
        let above = priority.saturating_add(1);
        text.push_str(&format!(
            "to let rule `{lower}` decide before rule `{name}` for everybody: portreeve rules update {lower} --priority={above}{flags}\n"
        ));
    }
    Ok(text)
}

fn rules<'v>(one: &'v Value, field: &str) -> Vec<&'v str> {
    one.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_granted(one: &Value) -> bool {
    one.get("granted") == Some(&Value::Bool(true))
}

/// Returns the rule that decides alone, and the first hidden rule that would allow the action. Returns `None`
/// if several rules decide, or if no hidden rule would allow the action.
fn hidden(one: &Value) -> Option<(&str, &str)> {
    match (rules(one, "decided_by").as_slice(), rules(one, "hidden").as_slice()) {
        ([only], [first, ..]) => Some((only, first)),
        _ => None,
    }
}

/// Returns true if a new rule can grant the action: no rule denies it, the access key's scope does not
/// exclude it, and no single rule hides another rule that allows it.
fn is_open(one: &Value) -> bool {
    !is_granted(one)
        && one.get("denied_by").is_none_or(Value::is_null)
        && one.get("restricted") != Some(&Value::Bool(true))
        && hidden(one).is_none()
}

/// Returns the advice for actions that a rule of a lower priority would allow, if one rule of a higher priority
/// hides that rule but does not deny the action. The command gives both rules the same priority.
fn hiding(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut told: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    let silent = |one: &&Value| !is_granted(one) && one.get("denied_by").is_none_or(Value::is_null);
    for one in asked.told.iter().filter(silent) {
        let Some(pair) = hidden(one) else { continue };
        match told.iter_mut().find(|(own, _)| *own == pair) {
            Some((_, actions)) if actions.contains(&text_field(one, "action")) => {}
            Some((_, actions)) => actions.push(text_field(one, "action")),
            None => told.push((pair, vec![text_field(one, "action")])),
        }
    }
    let mut text = String::new();
    for ((deciding, lower), actions) in told {
        let (priority, flags) = (priority_of(client, lower)?, &asked.flags_of_server);
        text.push_str(&format!(
            "to let rule `{lower}` allow {}, for everybody: portreeve rules update {deciding} --priority={priority}{flags}\n",
            listed(&actions)
        ));
    }
    Ok(text)
}

fn listed(actions: &[&str]) -> String {
    actions.iter().map(|action| clean(action)).collect::<Vec<_>>().join(" and ")
}

/// Returns the line with the command that allows these actions, or the line that lint would warn of the new rule.
/// Returns an empty text if the resource's name is not a valid pattern, or if no name for the rule is free.
fn allowing(
    client: &Client,
    asked: &Asked<'_>,
    (resource_type, name): (&str, &str),
    actions: &[&Value],
    taken: &mut Vec<String>,
) -> Result<String, CliError> {
    // Some names are not valid patterns, for example a name with `//`.
    if NameGlob::parse(name).is_err() {
        return Ok(String::new());
    }
    let what = what(asked, (resource_type, name), actions);
    let (is_repository, subject) = (resource_type == "repository", asked.subject());
    let owner = subject.split_once(':').map_or(subject, |(_, name)| name);
    let Some(rule) = free_name(client, &format!("{owner}-{name}"), taken)? else { return Ok(String::new()) };
    let words: Vec<&str> = actions.iter().map(|one| text_field(one, "action")).collect();
    let words = if words.contains(&"*") { vec!["*"] } else { words };
    // A new rule counts only if it has the priority that decides.
    let priority = actions.iter().find_map(|one| one.get("priority").and_then(Value::as_i64)).unwrap_or(0);
    let new = New {
        rule,
        // Everybody may pull what anonymous clients may pull, so the rule names everyone.
        subject: if subject == "anonymous" && is_repository { "everyone" } else { subject },
        resource_type,
        name,
        actions: words,
        priority,
    };
    // A push needs a pull as well, unless another rule of the same priority allows the pull.
    let lacks_pull = is_repository && new.actions.contains(&"push") && !new.actions.contains(&"pull");
    let with_pull =
        lacks_pull.then(|| New { actions: [&["pull"], new.actions.as_slice()].concat(), ..new.clone() });
    let mut doubts = Vec::new();
    for new in [Some(new), with_pull].into_iter().flatten() {
        doubts = new.doubts(client, asked)?;
        if doubts.is_empty() {
            return Ok(format!("to allow {what}: {}\n", new.command(asked)));
        }
    }
    Ok(format!(
        "no rule is suggested to allow {what}, because lint would warn of the rule: {}\n",
        doubts.join(", ")
    ))
}

/// A rule that the printed command would create.
#[derive(Clone)]
struct New<'a> {
    rule: String,
    subject: &'a str,
    resource_type: &'a str,
    name: &'a str,
    actions: Vec<&'a str>,
    priority: i64,
}

impl New<'_> {
    /// Returns the command that creates the rule.
    fn command(&self, asked: &Asked<'_>) -> String {
        let actions: Vec<String> = self.actions.iter().map(|action| shell::word(&clean(action))).collect();
        let subject = shell::flag("--subject", &clean(self.subject));
        let mut command = format!("portreeve rules create {}{subject}", self.rule);
        if self.resource_type != "repository" {
            command.push_str(&shell::flag("--type", &clean(self.resource_type)));
        }
        command.push_str(&shell::flag("--name", &clean(self.name)));
        command.push_str(&format!(" --action {}", actions.join(",")));
        if self.priority != 0 {
            command.push_str(&format!(" --priority={}", self.priority));
        }
        command + &asked.service + &asked.flags_of_server
    }

    /// Returns the codes of lint's warnings about the rule, as if it existed.
    fn doubts(&self, client: &Client, asked: &Asked<'_>) -> Result<Vec<String>, CliError> {
        let service = if asked.service.is_empty() { None } else { asked.question.get("service") };
        let rule = json!({
            "kind": "rule", "name": self.rule, "subjects": [self.subject], "type": self.resource_type,
            "names": [self.name], "actions": self.actions, "priority": self.priority,
            "services": [service.unwrap_or(&json!("*"))],
        });
        let mut request = Request::new(Method::POST, path(&["apply"])?);
        request.query.push(("dry_run", "true".to_owned()));
        request.body = Body::Stream("application/x-ndjson", Box::new(std::io::Cursor::new(rule.to_string())));
        let plan = client.send(request)?.body;
        let warnings = plan.get("warnings").and_then(Value::as_array).into_iter().flatten();
        Ok(warnings.map(|warning| clean(text_field(warning, "code"))).collect())
    }
}

fn priority_of(client: &Client, rule: &str) -> Result<i64, CliError> {
    let rule = client.get(path(&["rules", rule])?)?.body;
    Ok(rule.get("priority").and_then(Value::as_i64).unwrap_or_default())
}

/// Returns a name for a new rule that no existing rule has, and that is not in `taken`. Returns `None` if all
/// tried names are in use.
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

//! The commands that would grant what `explain` found to be granted by no rule, or look at a rule that denies or hides it.
//!
//! INVARIANT: pasted into a shell as it is, a command to allow something succeeds, what its line names is then granted,
//! and lint warns of nothing that it made. Where no new rule of the usual kind can do that, the line says why.

use super::client::{Body, Client, Request, path};
use super::error::CliError;
use super::escape::clean;
use crate::domain::policy::{NameGlob, NeverAsked, RuleName};
use crate::domain::shell;
use crate::outbound::Method;
use serde_json::{Map, Value, json};

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

impl Asked<'_> {
    /// Whom the question is about.
    fn subject(&self) -> &str {
        self.question.get("subject").and_then(Value::as_str).unwrap_or_default()
    }
}

/// The lines that tell what to do: how to allow what no rule says anything about, for each resource, and what to look
/// at where a rule denies it, or hides the one that allows it.
pub(super) fn lines(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut text = String::new();
    let mut resources: Vec<(&str, &str)> = Vec::new();
    let mut names = Vec::new();
    let is_custom = || -> Result<bool, CliError> {
        let service = asked.question.get("service").and_then(Value::as_str).unwrap_or_default();
        let found = client.get(path(&["services", service])?)?.body;
        Ok(word(&found, "profile") == "custom")
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

/// Takes out the actions that no registry asks for, and says so.
fn never_asked(asked: &Asked<'_>, resource: (&str, &str), actions: &mut Vec<&Value>) -> String {
    let (resource_type, name) = resource;
    let told = asked.told.iter().filter(|one| of_resource(one) == resource);
    let all: Vec<&str> = told.map(|one| word(one, "action")).collect();
    if let Some(why) = NeverAsked::resource(resource_type, name, &all) {
        actions.clear();
        return format!("{}\n", clean(&why.to_string()));
    }
    let mut lines = String::new();
    actions.retain(|one| {
        let why = NeverAsked::action(resource_type, word(one, "action"));
        if let Some(why) = &why {
            lines.push_str(&format!("{}\n", clean(&why.to_string())));
        }
        why.is_none()
    });
    lines
}

/// Takes out what people who do not sign in should not be allowed, and says so.
fn without_writes(asked: &Asked<'_>, (resource_type, _): (&str, &str), actions: &mut Vec<&Value>) -> String {
    if asked.subject() != "anonymous" || resource_type != "repository" {
        return String::new();
    }
    let all = actions.len();
    actions.retain(|one| word(one, "action") == "pull");
    if actions.len() == all {
        return String::new();
    }
    "people who do not sign in should only pull: ask about the user or robot who shall do more\n".to_owned()
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
    for one in asked.told.iter().filter(|one| !is_granted(one)) {
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
        let told: Vec<&Value> = asked
            .told
            .iter()
            .filter(|one| word(one, "denied_by") == name && actions.contains(&word(one, "action")))
            .collect();
        text.push_str(&narrowing(client, &rule, name, &actions, &told, flags)?);
    }
    Ok(text)
}

/// How to let a rule deny these actions no more, or count no more, or let another one decide before it.
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
    // Its priority decides alone: to deny less grants nothing where only rules of a lower one allow it.
    let is_allowed_beside = told.iter().all(|one| !rules(one, "allowed_by").is_empty());
    let lower = told.first().and_then(|one| rules(one, "hidden").first().copied());
    // A `*` is denied by any rule that denies something, whatever its priority.
    let lower = lower.filter(|_| !actions.contains(&"*"));
    let lower = lower.filter(|lower| told.iter().all(|one| rules(one, "hidden").contains(lower)));
    let decides_alone = told.iter().all(|one| rules(one, "decided_by") == [name]);
    let list: Vec<String> = actions.iter().map(|action| clean(action)).collect();
    let narrow = format!(
        "to stop it from denying {} to anybody: portreeve rules update {name}{}",
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
    let mut text =
        format!("to switch it off for everybody: portreeve rules update {name} --enabled=false{flags}\n");
    let priority = rule.get("priority").and_then(Value::as_i64).unwrap_or_default();
    if let Some(lower) = lower.filter(|_| priority < i64::from(i32::MAX)) {
        let above = priority.saturating_add(1);
        text.push_str(&format!(
            "to let rule `{lower}` decide before it for everybody: portreeve rules update {lower} --priority={above}{flags}\n"
        ));
    }
    Ok(text)
}

fn word<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

fn rules<'v>(one: &'v Value, field: &str) -> Vec<&'v str> {
    one.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_granted(one: &Value) -> bool {
    one.get("granted") == Some(&Value::Bool(true))
}

/// The one rule that hides others that would allow it, and the first of those.
fn hidden(one: &Value) -> Option<(&str, &str)> {
    match (rules(one, "decided_by").as_slice(), rules(one, "hidden").as_slice()) {
        ([only], [first, ..]) => Some((only, first)),
        _ => None,
    }
}

/// Whether a new rule may grant it: nothing denies it, and no single rule hides what would allow it.
fn is_open(one: &Value) -> bool {
    !is_granted(one)
        && one.get("denied_by").is_none_or(Value::is_null)
        && one.get("restricted") != Some(&Value::Bool(true))
        && hidden(one).is_none()
}

/// How to let rules of a lower priority count where one rule of a higher one decides alone and does not deny.
fn hiding(client: &Client, asked: &Asked<'_>) -> Result<String, CliError> {
    let mut told: Vec<((&str, &str), Vec<&str>)> = Vec::new();
    let silent = |one: &&Value| !is_granted(one) && one.get("denied_by").is_none_or(Value::is_null);
    for one in asked.told.iter().filter(silent) {
        let Some(pair) = hidden(one) else { continue };
        match told.iter_mut().find(|(own, _)| *own == pair) {
            Some((_, actions)) if actions.contains(&word(one, "action")) => {}
            Some((_, actions)) => actions.push(word(one, "action")),
            None => told.push((pair, vec![word(one, "action")])),
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

/// The line with the command that allows these actions, or with the reason why there is none.
fn allowing(
    client: &Client,
    asked: &Asked<'_>,
    (resource_type, name): (&str, &str),
    actions: &[&Value],
    taken: &mut Vec<String>,
) -> Result<String, CliError> {
    // A pattern cannot say what is literal, so not every name can be one.
    if NameGlob::parse(name).is_err() {
        return Ok(String::new());
    }
    let what = what(asked, (resource_type, name), actions);
    let (is_repository, subject) = (resource_type == "repository", asked.subject());
    let owner = subject.split_once(':').map_or(subject, |(_, name)| name);
    let Some(rule) = free_name(client, &format!("{owner}-{name}"), taken)? else { return Ok(String::new()) };
    let words: Vec<&str> = actions.iter().map(|one| word(one, "action")).collect();
    let words = if words.contains(&"*") { vec!["*"] } else { words };
    // Rules of other priorities than that which decides do not count.
    let priority = actions.iter().find_map(|one| one.get("priority").and_then(Value::as_i64)).unwrap_or(0);
    let new = New {
        rule,
        // What everybody may pull without signing in, people who sign in may pull as well.
        subject: if subject == "anonymous" && is_repository { "everyone" } else { subject },
        resource_type,
        name,
        actions: words,
        priority,
    };
    // A push needs pull as well, unless another rule of that priority gives it.
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
        "no rule is suggested to allow {what}, because lint would warn of it: {}\n",
        doubts.join(", ")
    ))
}

/// A rule that could be made.
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
    /// The command that makes it.
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

    /// The codes of what lint would say of it.
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
        Ok(warnings.map(|warning| clean(word(warning, "code"))).collect())
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

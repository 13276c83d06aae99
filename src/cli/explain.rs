//! `portreeve explain` shows why somebody may do an action or not. `portreeve who-can` lists everybody who
//! may do an action.

use super::client::{Body, Client, Request, path};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::given;
use super::output::write;
use super::paint::Paint;
use super::suggestion::{self, Asked};
use super::when;
use super::yaml;
use crate::domain::policy::{Reasons, Wording};
use crate::domain::shell;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Map, Value, json};

/// The exit code if something is not granted.
const NOT_GRANTED: u8 = 3;

/// Explain what somebody may do, and why
///
/// Without a subject the question is about yourself, with your address and the present time. Everybody may
/// ask about themselves. Exit code 0: all that you asked is granted. Exit code 3: something is not granted,
/// or is malformed and therefore ignored.
#[derive(Debug, Args)]
#[command(override_usage = "portreeve explain [OPTIONS] [SUBJECT] <SCOPE>...")]
#[command(after_help = "Examples:\n  portreeve explain user:alice repository:team/app:pull,push\n  \
    portreeve explain repository:team/app:push\n  \
    portreeve explain anonymous repository:public/tool:pull --from 203.0.113.7\n  \
    portreeve explain robot:ci repository:web/site:push --service registry --at 2030-01-31T12:00:00Z")]
pub(super) struct Explain {
    #[command(flatten)]
    flags: ClientFlags,
    /// user:NAME, robot:NAME or anonymous; yourself when left out
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// The request, as registries send it: TYPE:NAME:ACTION[,ACTION…]
    #[arg(value_name = "SCOPE")]
    scopes: Vec<String>,
    /// The id of the access key with which the request is made
    #[arg(long, value_name = "ID")]
    access_key: Option<String>,
    #[command(flatten)]
    when: Circumstances,
}

/// The registry, address and time of the request.
#[derive(Debug, Args)]
struct Circumstances {
    /// The registry; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// The address that the request comes from
    #[arg(long, value_name = "IP", value_parser = given::address)]
    from: Option<String>,
    /// The time of the request, RFC 3339 or a date (UTC); now when left out
    #[arg(long, value_name = "TIME", value_parser = when::moment)]
    at: Option<String>,
}

impl Circumstances {
    /// Returns the flag that names the registry, for a printed command.
    fn service_flag(&self) -> String {
        self.service.as_deref().map(|name| shell::flag("--service", &clean(name))).unwrap_or_default()
    }

    /// Returns the registry of the question. If no flag names it, asks the server, and fails unless the
    /// server has exactly one registry.
    fn service(&self, client: &Client) -> Result<String, CliError> {
        if let Some(service) = &self.service {
            return Ok(service.clone());
        }
        let services = client.list(&path(&["services"])?, &[], None)?;
        let names: Vec<&str> = services.iter().filter_map(|one| one.get("name")?.as_str()).collect();
        match names.as_slice() {
            [only] => Ok((*only).to_owned()),
            [] => Err(CliError::Failed("there is no service: create one first".to_owned())),
            many => {
                let many: Vec<String> = many.iter().map(|name| clean(name)).collect();
                Err(CliError::Usage(format!("which service? name it with --service: {}", many.join(", "))))
            }
        }
    }
}

/// Returns true if a word names a subject and not a scope. A scope has two colons or more. If scopes follow a
/// word without a colon, the word is a subject whose kind is missing.
fn names_a_subject(word: &str, others: usize) -> bool {
    match word.matches(':').count() {
        0 => word == "anonymous" || others > 0,
        colons => colons == 1,
    }
}

/// Fails if the subject is malformed.
fn well_formed(subject: &str) -> Result<(), CliError> {
    match subject.split_once(':') {
        Some((kind, _)) if !matches!(kind, "user" | "robot") => Err(CliError::Usage(format!(
            "`{}` is not a subject: write user:NAME, robot:NAME or anonymous, or a scope as TYPE:NAME:ACTION",
            clean(subject)
        ))),
        _ => given::subject(subject).map_err(CliError::Usage),
    }
}

/// Returns a message with the scope to write instead, if the text is the name of an image with its registry, as
/// in `docker pull registry.example.org/team/app:1`.
fn image_name(text: &str) -> Option<String> {
    let (host, rest) = text.split_once('/')?;
    let is_host = match host.split_once(':') {
        Some((name, port)) => {
            (name == "localhost" || name.contains('.'))
                && !port.is_empty()
                && port.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => host == "localhost" || host.contains('.'),
    };
    let name = rest.split(['@', ':']).next().filter(|name| is_host && !name.is_empty())?;
    Some(format!("`{}` is the name of an image: write `repository:{}:pull`", clean(text), clean(name)))
}

/// Fails if a scope is empty or is the name of an image.
fn well_asked(scopes: &[String]) -> Result<(), CliError> {
    if scopes.iter().any(|scope| scope.trim().is_empty()) {
        return Err(CliError::Usage(
            "a scope is empty: write TYPE:NAME:ACTION, for example repository:team/app:pull".to_owned(),
        ));
    }
    match scopes.iter().find_map(|scope| image_name(scope)) {
        Some(why) => Err(CliError::Usage(why)),
        None => Ok(()),
    }
}

pub(super) fn explain(args: &Explain) -> Result<u8, CliError> {
    if !names_a_subject(&args.subject, args.scopes.len()) {
        if args.access_key.is_some() || args.when.from.is_some() || args.when.at.is_some() {
            return Err(CliError::Usage(
                "a question about yourself uses your address and the present time: name the subject, or leave out --access-key, --from and --at"
                    .to_owned(),
            ));
        }
        let scopes = [std::slice::from_ref(&args.subject), args.scopes.as_slice()].concat();
        return about_me(&args.flags, args.when.service.as_deref(), &scopes, false);
    }
    well_asked(std::slice::from_ref(&args.subject))?;
    well_formed(&args.subject)?;
    if args.scopes.is_empty() {
        return Err(CliError::Usage(format!(
            "the question names no action for `{}`: name a scope, TYPE:NAME:ACTION, for example repository:team/app:pull",
            clean(&args.subject)
        )));
    }
    well_asked(&args.scopes)?;
    let client = args.flags.connect()?;
    let about_me = |error: CliError| error.or_instead(|| args.about_me());
    let service = args.when.service(&client).map_err(about_me)?;
    let mut request = Request::new(Method::POST, path(&["check"])?);
    let question = question(args, &service);
    request.body = Body::Json(Value::Object(question.clone()));
    tell(args, &client.send(request).map_err(about_me)?.body, Some((&client, &question)))
}

impl Explain {
    /// Returns the command that asks the same question about the caller.
    fn about_me(&self) -> String {
        let registry = self.when.service_flag();
        let scopes: String =
            self.scopes.iter().map(|scope| format!(" {}", shell::word(&clean(scope)))).collect();
        format!("portreeve explain{registry}{}{scopes}", self.flags.repeated())
    }
}

/// Explains what the caller may do, and why. The server shows only the rules that the caller may see. Prints
/// nothing if `quiet`.
pub(super) fn about_me(
    flags: &ClientFlags,
    service: Option<&str>,
    scopes: &[String],
    quiet: bool,
) -> Result<u8, CliError> {
    well_asked(scopes)?;
    let mut request = Request::new(Method::POST, path(&["me", "check"])?);
    request.body = Body::Json(json!({"service": service, "scope": scopes.join(" ")}));
    let answer = flags.connect()?.send(request)?.body;
    if quiet {
        return Ok(exit_code(&answer));
    }
    let when = Circumstances { service: None, from: Some("your address".to_owned()), at: None };
    let subject = word(&answer, "subject");
    let about = Explain { flags: flags.clone(), subject, scopes: scopes.to_vec(), access_key: None, when };
    tell(&about, &answer, None)
}

/// Prints the answer to a question, and returns the exit code. `asked` is the client and the question if the
/// caller may create rules: the text then suggests commands.
fn tell(
    args: &Explain,
    answer: &Value,
    asked: Option<(&Client, &Map<String, Value>)>,
) -> Result<u8, CliError> {
    let service = word(answer, "service");
    let told: &[Value] = answer.get("why").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let ignored = answer.get("ignored").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let inactive = answer.get("inactive").and_then(Value::as_str);
    let output = args.flags.output();
    if !output.is_table() {
        output.value(answer)?;
        return Ok(exit_code(answer));
    }
    let mut text = format!("{} at {service}\n", clean(&args.subject));
    if let Some(why) = inactive {
        text.push_str(&format!("  nothing is granted: {}. The rules alone would say:\n", clean(why)));
    }
    let (mut heading, paint) = (String::new(), Paint::stdout());
    for one in told {
        let own = format!("{} {}", word(one, "type"), word(one, "name"));
        if own != heading {
            text.push_str(&format!("  {own}\n"));
            heading = own;
        }
        text.push_str(&told_action(one, args, asked.is_none(), paint));
    }
    for one in ignored {
        text.push_str(&format!("  ignored `{}`: {}\n", word(one, "text"), word(one, "reason")));
    }
    if inactive.is_none()
        && let Some((client, question)) = asked
    {
        let service = args.when.service_flag();
        let flags_of_server = args.flags.repeated();
        text.push_str(&suggestion::lines(client, &Asked { question, told, service, flags_of_server })?);
    }
    write(&text)?;
    Ok(exit_code(answer))
}

/// Returns the exit code of an answer: 0 if it contains actions, all of them are granted, no scope is ignored, and
/// the subject is active.
fn exit_code(answer: &Value) -> u8 {
    let list = |field: &str| answer.get(field).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_active = answer.get("inactive").is_none_or(Value::is_null);
    let told = list("why");
    let all = list("ignored").is_empty() && is_active && !told.is_empty() && told.iter().all(is_granted);
    if all { 0 } else { NOT_GRANTED }
}

/// Returns the body of the request to the API.
fn question(args: &Explain, service: &str) -> Map<String, Value> {
    let fields = [
        ("subject", Value::from(args.subject.as_str())),
        ("service", Value::from(service)),
        ("scope", Value::from(args.scopes.join(" "))),
        ("address", Value::from(args.when.from.clone())),
        ("at", Value::from(args.when.at.clone())),
        ("access_key", Value::from(args.access_key.clone())),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn is_granted(one: &Value) -> bool {
    one.get("granted") == Some(&Value::Bool(true))
}

fn word(value: &Value, field: &str) -> String {
    clean(value.get(field).and_then(Value::as_str).unwrap_or_default())
}

/// Describes one action: whether it is granted, why, and the closest rules. `of_own_rules` is true if the
/// server looked only at rules about the caller.
fn told_action(one: &Value, args: &Explain, of_own_rules: bool, paint: Paint) -> String {
    let told: Reasons = serde_json::from_value(one.clone()).unwrap_or_default();
    let reasons = Reasons { of_own_rules, ..told };
    let [subject, resource_type, name, action] =
        [clean(&args.subject), word(one, "type"), word(one, "name"), word(one, "action")];
    let address = args.when.from.as_deref().map_or("an unknown address".to_owned(), clean);
    let wording = Wording {
        subject: &subject,
        resource_type: &resource_type,
        name: &name,
        action: &action,
        address: &address,
    };
    let verdict = if is_granted(one) { paint.good("granted") } else { paint.bad("DENIED ") };
    let near = if reasons.near_misses.is_empty() { "" } else { "; closest rules:" };
    let mut text = format!("    {action:<8} {verdict}  {}{near}\n", wording.reason(&reasons));
    for miss in &reasons.near_misses {
        text.push_str(&format!(
            "        rule `{}` {}\n",
            miss.rule,
            wording.shortfall(miss.failed, &reasons)
        ));
    }
    text
}

/// List who may do something, and by which rule
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve who-can push repository:prod/api\n  \
    portreeve who-can pull repository:prod/api --expand\n  \
    portreeve who-can '*' registry:catalog --from 10.0.0.7")]
pub(super) struct WhoCan {
    #[command(flatten)]
    flags: ClientFlags,
    /// The action: pull, push, delete, …
    #[arg(value_name = "ACTION")]
    action: String,
    /// TYPE:NAME, for example repository:prod/api
    #[arg(value_name = "RESOURCE")]
    resource: String,
    /// List each user and robot instead of the subjects that rules name
    #[arg(long)]
    expand: bool,
    #[command(flatten)]
    when: Circumstances,
}

pub(super) fn who_can(args: &WhoCan) -> Result<(), CliError> {
    let Some((resource_type, name)) = args.resource.split_once(':') else {
        return Err(CliError::Usage(format!(
            "`{}` is not a resource: write TYPE:NAME, for example repository:prod/api",
            clean(&args.resource)
        )));
    };
    let client = args.flags.connect()?;
    let about_me = |error: CliError| {
        let scope = shell::flag("--can", &clean(&format!("{}:{}", args.resource, args.action)));
        error.or_instead(|| {
            format!("portreeve whoami{scope}{}{}", args.when.service_flag(), args.flags.repeated())
        })
    };
    let mut query = vec![
        ("service", args.when.service(&client).map_err(about_me)?),
        ("type", resource_type.to_owned()),
        ("name", name.to_owned()),
        ("action", args.action.clone()),
    ];
    query.extend(args.when.from.clone().map(|from| ("address", from)));
    query.extend(args.when.at.clone().map(|at| ("at", at)));
    if args.expand {
        query.push(("expand", "true".to_owned()));
    }
    let holders = client.list(&path(&["who-can"])?, &query, None).map_err(about_me)?;
    let output = args.flags.output();
    if output.is_table() && holders.is_empty() {
        return output.done(&format!("nobody may {} {}", args.action, args.resource));
    }
    let columns: &[&str] =
        if args.expand { &["subject", "rule"] } else { &["selector", "rule", "condition"] };
    output.list(columns, &holders)
}

/// Writes a value in one line, for tables and plans.
pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::String(text) => yaml::string(&clean(text)),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        other => clean(&other.to_string()),
    }
}

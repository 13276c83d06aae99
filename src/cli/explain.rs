//! `portreeve explain` and `portreeve who-can`: why, and who else.

use super::client::{Body, Client, Request, path};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::output::write;
use super::suggestion::{self, Asked};
use super::yaml;
use crate::domain::shell;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Map, Value};

/// The exit code of a question that is answered with no.
const NOT_GRANTED: u8 = 3;

/// Explain what somebody may do, and why
///
/// Exit code 0 when everything asked is granted, 3 when something is not.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve explain user:alice repository:team/app:pull,push\n  \
    portreeve explain anonymous repository:public/tool:pull --from 203.0.113.7\n  \
    portreeve explain robot:ci repository:web/site:push --service registry --at 2030-01-31T12:00:00Z")]
pub(super) struct Explain {
    #[command(flatten)]
    flags: ClientFlags,
    /// user:NAME, robot:NAME or anonymous
    #[arg(value_name = "SUBJECT")]
    subject: String,
    /// What is asked, as registries ask: TYPE:NAME:ACTION[,ACTION…]
    #[arg(value_name = "SCOPE", required = true)]
    scopes: Vec<String>,
    /// With this access key, by its id
    #[arg(long, value_name = "ID")]
    access_key: Option<String>,
    #[command(flatten)]
    when: Circumstances,
}

/// Where, from where and when.
#[derive(Debug, Args)]
struct Circumstances {
    /// The registry; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// From this address
    #[arg(long, value_name = "IP")]
    from: Option<String>,
    /// At this time, RFC 3339; now when left out
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl Circumstances {
    /// The registry that is meant.
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

pub(super) fn explain(args: &Explain) -> Result<u8, CliError> {
    let client = args.flags.connect()?;
    let service = args.when.service(&client)?;
    let mut request = Request::new(Method::POST, path(&["check"])?);
    let question = question(args, &service);
    request.body = Body::Json(Value::Object(question.clone()));
    let answer = client.send(request)?.body;
    let told: &[Value] = answer.get("why").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let ignored: Vec<&str> = strings(&answer, "ignored");
    let inactive = answer.get("inactive").and_then(Value::as_str);
    let all = ignored.is_empty() && inactive.is_none() && told.iter().all(is_granted);
    let output = args.flags.output();
    if !output.is_table() {
        output.value(&answer)?;
        return Ok(if all { 0 } else { NOT_GRANTED });
    }
    let mut text = format!("{} at {}\n", clean(&args.subject), clean(&service));
    if let Some(why) = inactive {
        text.push_str(&format!("  nothing is granted: {}. The rules alone would say:\n", clean(why)));
    }
    let mut heading = String::new();
    for one in told {
        let own = format!("{} {}", word(one, "type"), word(one, "name"));
        if own != heading {
            text.push_str(&format!("  {own}\n"));
            heading = own;
        }
        let verdict = if is_granted(one) { "granted" } else { "DENIED " };
        text.push_str(&format!("    {:<8} {verdict}  {}\n", word(one, "action"), reason(one, args)));
        for miss in one.get("near_misses").and_then(Value::as_array).into_iter().flatten() {
            text.push_str(&format!("        rule `{}` {}\n", word(miss, "rule"), shortfall(miss, one, args)));
        }
    }
    for scope in ignored {
        text.push_str(&format!("  `{}` is no scope: write TYPE:NAME:ACTION\n", clean(scope)));
    }
    if inactive.is_none() {
        let registry = args.when.service.as_deref().map(|name| shell::flag("--service", &clean(name)));
        let flags = registry.unwrap_or_default() + &args.flags.repeated();
        text.push_str(&suggestion::lines(&client, &Asked { question: &question, told, flags })?);
    }
    write(&text)?;
    Ok(if all { 0 } else { NOT_GRANTED })
}

/// What is sent to the server.
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

fn strings<'a>(value: &'a Value, field: &str) -> Vec<&'a str> {
    value.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{}`", clean(name))).collect();
    let noun = if names.len() == 1 { "rule" } else { "rules" };
    format!("{noun} {}", names.join(", "))
}

fn reason(one: &Value, args: &Explain) -> String {
    let allowed_by = strings(one, "allowed_by");
    if let Some(rule) = one.get("denied_by").and_then(Value::as_str) {
        return format!("rule `{}` denies it", clean(rule));
    }
    if one.get("restricted") == Some(&Value::Bool(true)) {
        return format!("{} would allow it, but the access key is narrowed to less", quoted(&allowed_by));
    }
    if !allowed_by.is_empty() {
        return format!("by {}", quoted(&allowed_by));
    }
    let none = match one.get("nothing_matches").and_then(Value::as_str) {
        Some("subject") => format!("no rule is about {}", clean(&args.subject)),
        Some("service") => "no rule is about this registry".to_owned(),
        Some("type") => format!("no rule is about the type `{}`", word(one, "type")),
        Some("name") => format!("no rule is about the name `{}`", word(one, "name")),
        Some("action") => format!("no rule allows `{}`", word(one, "action")),
        Some("network") => "no rule holds for this address".to_owned(),
        Some("time") => "no rule holds at this time".to_owned(),
        _ => "no rule allows it".to_owned(),
    };
    let comes_near = one.get("near_misses").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if comes_near { format!("{none}; near to it come:") } else { none }
}

/// Why a rule that comes near does not allow it.
fn shortfall(miss: &Value, one: &Value, args: &Explain) -> String {
    let from = args.when.from.as_deref().map_or("an unknown address".to_owned(), clean);
    match word(miss, "failed").as_str() {
        "subject" => format!("would, but its subjects do not include {}", clean(&args.subject)),
        "service" => "would, but not for this registry".to_owned(),
        "type" => format!("would, but not for the type `{}`", word(one, "type")),
        "name" => format!("would, but its names do not match `{}`", word(one, "name")),
        "action" => format!("matches, but its actions do not include `{}`", word(one, "action")),
        "network" => format!("would, but not from {from}"),
        "time" => "would, but not at this time".to_owned(),
        "tier" => "would, but rules of a higher priority decide".to_owned(),
        other => format!("fails by its {other}"),
    }
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
    /// List each user and robot instead of what rules name
    #[arg(long)]
    expand: bool,
    #[command(flatten)]
    when: Circumstances,
}

pub(super) fn who_can(args: &WhoCan) -> Result<(), CliError> {
    let Some((resource_type, name)) = args.resource.split_once(':') else {
        return Err(CliError::Usage(format!(
            "`{}` is no resource: write TYPE:NAME, for example repository:prod/api",
            clean(&args.resource)
        )));
    };
    let client = args.flags.connect()?;
    let mut query = vec![
        ("service", args.when.service(&client)?),
        ("type", resource_type.to_owned()),
        ("name", name.to_owned()),
        ("action", args.action.clone()),
    ];
    query.extend(args.when.from.clone().map(|from| ("address", from)));
    query.extend(args.when.at.clone().map(|at| ("at", at)));
    if args.expand {
        query.push(("expand", "true".to_owned()));
    }
    let holders = client.list(&path(&["who-can"])?, &query, None)?;
    let output = args.flags.output();
    if output.is_table() && holders.is_empty() {
        return output.done(&format!("nobody may {} {}", args.action, args.resource));
    }
    let columns: &[&str] =
        if args.expand { &["subject", "rule"] } else { &["selector", "rule", "condition"] };
    output.list(columns, &holders)
}

/// A value in one line, for tables and plans.
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

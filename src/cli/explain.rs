//! `portreeve explain` and `portreeve who-can`: why, and who else.

use super::client::{Body, Client, Request, path};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::output::write;
use super::yaml;
use crate::outbound::Method;
use clap::Args;
use serde_json::{Value, json};

/// The exit code of a question that is answered with no.
const NOT_GRANTED: u8 = 3;

/// Explain what somebody may do, and why
///
/// Without a subject it is about yourself, from where you are and now; everybody may ask that. Exit code 0 when
/// everything asked is granted, 3 when something is not.
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
    /// What is asked, as registries ask: TYPE:NAME:ACTION[,ACTION…]
    #[arg(value_name = "SCOPE")]
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

/// Whether a word names a subject and not a scope, which has two colons. A word without any is a name whose kind
/// was forgotten, if scopes come after it; the server says how to write it.
fn names_a_subject(word: &str, others: usize) -> bool {
    match word.split_once(':') {
        Some((kind, name)) => matches!(kind, "user" | "robot") && !name.contains(':'),
        None => word == "anonymous" || others > 0,
    }
}

pub(super) fn explain(args: &Explain) -> Result<u8, CliError> {
    if !names_a_subject(&args.subject, args.scopes.len()) {
        if args.access_key.is_some() || args.when.from.is_some() || args.when.at.is_some() {
            return Err(CliError::Usage(
                "about yourself it is from where you are and now: name the subject, or leave out --access-key, --from and --at"
                    .to_owned(),
            ));
        }
        let scopes = [std::slice::from_ref(&args.subject), args.scopes.as_slice()].concat();
        return about_me(&args.flags, args.when.service.as_deref(), &scopes);
    }
    if args.scopes.is_empty() {
        return Err(CliError::Usage(format!(
            "what shall `{}` be able to do? name a scope: TYPE:NAME:ACTION",
            clean(&args.subject)
        )));
    }
    let client = args.flags.connect()?;
    let service = args.when.service(&client)?;
    let mut request = Request::new(Method::POST, path(&["check"])?);
    request.body = Body::Json(json!({
        "subject": args.subject, "service": service, "scope": args.scopes.join(" "),
        "address": args.when.from, "at": args.when.at, "access_key": args.access_key,
    }));
    tell(args, &client.send(request)?.body, true)
}

/// Explains what the caller may do, and why, as far as they may know.
pub(super) fn about_me(
    flags: &ClientFlags,
    service: Option<&str>,
    scopes: &[String],
) -> Result<u8, CliError> {
    let mut request = Request::new(Method::POST, path(&["me", "check"])?);
    request.body = Body::Json(json!({"service": service, "scope": scopes.join(" ")}));
    let answer = flags.connect()?.send(request)?.body;
    let when = Circumstances { service: None, from: Some("your address".to_owned()), at: None };
    let subject = word(&answer, "subject");
    let about = Explain { flags: flags.clone(), subject, scopes: scopes.to_vec(), access_key: None, when };
    tell(&about, &answer, false)
}

/// Prints the answer to a question; gives the exit code. `may_change` says whether the reader can make rules.
fn tell(args: &Explain, answer: &Value, may_change: bool) -> Result<u8, CliError> {
    let service = word(answer, "service");
    let told: &[Value] = answer.get("why").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let ignored: Vec<&str> = strings(answer, "ignored");
    let inactive = answer.get("inactive").and_then(Value::as_str);
    let all = ignored.is_empty() && inactive.is_none() && told.iter().all(is_granted);
    let output = args.flags.output();
    if !output.is_table() {
        output.value(answer)?;
        return Ok(if all { 0 } else { NOT_GRANTED });
    }
    let mut text = format!("{} at {service}\n", clean(&args.subject));
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
    if may_change
        && inactive.is_none()
        && let Some(hint) = suggestion(told, args)
    {
        text.push_str(&hint);
    }
    write(&text)?;
    Ok(if all { 0 } else { NOT_GRANTED })
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

/// Whether rules of a higher priority decide, so that one more of the usual priority changes nothing.
fn is_for_its_tier(one: &Value) -> bool {
    let mut near = one.get("near_misses").and_then(Value::as_array).into_iter().flatten();
    word(one, "nothing_matches") == "tier" || near.any(|miss| word(miss, "failed") == "tier")
}

/// The command that would grant what no rule says anything about.
fn suggestion(told: &[Value], args: &Explain) -> Option<String> {
    let open = |one: &&Value| {
        !is_granted(one)
            && one.get("denied_by").is_none_or(Value::is_null)
            && one.get("restricted") != Some(&Value::Bool(true))
            && !is_for_its_tier(one)
    };
    let first = told.iter().find(open)?;
    let same = |one: &&Value| {
        open(one) && one.get("name") == first.get("name") && one.get("type") == first.get("type")
    };
    let actions: Vec<String> = told.iter().filter(same).map(|one| word(one, "action")).collect();
    let of_type = match word(first, "type").as_str() {
        "repository" => String::new(),
        other => format!(" --type {other}"),
    };
    Some(format!(
        "to allow it: portreeve rules create NAME --subject {}{of_type} --name {} --action {}\n",
        clean(&args.subject),
        quote(&word(first, "name")),
        actions.join(",")
    ))
}

/// One word for a shell.
fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
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

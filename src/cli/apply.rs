//! `portreeve apply`: brings the server to the state in files. With `--prune`, the command first shows a plan that
//! deletes objects and asks for confirmation, unless `--yes` or `--dry-run` was given.

use super::client::{Body, Client, Request, path};
use super::confirm::Yes;
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::explain::inline;
use super::export::FileFormat;
use super::files::{Joined, join};
use super::output::write;
use super::paint::Paint;
use crate::outbound::Method;
use clap::Args;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The exit code of a dry run that would change something.
const PENDING: u8 = 3;

/// Bring the server to the state in files: apply all changes or none
///
/// Exit code 0: the files are applied, or nothing changes. Exit code 3: --dry-run found changes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve apply port.yaml --dry-run\n  \
    portreeve apply rules/ --owner git --prune --yes\n  portreeve export | portreeve apply -")]
pub(super) struct Apply {
    #[command(flatten)]
    flags: ClientFlags,
    /// Files (.yaml, .yml, .ndjson, .jsonl), folders of such files, or - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Delete the owner's objects that are not in the files, but only of kinds that are in the files
    #[arg(long, requires = "owner")]
    prune: bool,
    /// The owner of these objects (their `managed_by`)
    #[arg(long, value_name = "NAME")]
    owner: Option<String>,
    /// Format of the files, if their names do not show it
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FileFormat>,
    #[command(flatten)]
    yes: Yes,
}

pub(super) fn run(args: &Apply) -> Result<u8, CliError> {
    let joined = join(&args.files, args.format)?;
    let client = args.flags.connect()?.patient()?;
    if args.prune && !args.dry_run && !args.yes.is_given() {
        let plan = send(&client, args, &joined, true)?;
        let deleted = plan.pointer("/summary/deleted").and_then(Value::as_u64).unwrap_or(0);
        // The command asks only if objects would be deleted. A script without --yes is refused even without
        // deletions: it must fail now, and not on the day of the first deletion.
        if deleted > 0 || !args.yes.is_answerable() {
            aside_part!("{}", in_words(&plan, Paint::stderr()));
            let what = if deleted == 1 { "one object".to_owned() } else { format!("{deleted} objects") };
            args.yes.insist(&format!("apply this plan, which deletes {what}"))?;
        }
    }
    let plan = send(&client, args, &joined, args.dry_run)?;
    let output = args.flags.output();
    if output.is_table() {
        write(&in_words(&plan, Paint::stdout()))?;
    } else {
        output.value(&plan)?;
    }
    let count = |what: &str| plan.pointer(&format!("/summary/{what}")).and_then(Value::as_u64).unwrap_or(0);
    let changes = count("created") + count("updated") + count("deleted");
    Ok(if args.dry_run && changes > 0 { PENDING } else { 0 })
}

/// Sends the files, and returns the plan. The server carries out the plan unless `dry_run` is true.
fn send(client: &Client, args: &Apply, joined: &Joined, dry_run: bool) -> Result<Value, CliError> {
    let mut request = Request::new(Method::POST, path(&["apply"])?);
    for (name, wanted) in [("dry_run", dry_run), ("prune", args.prune)] {
        if wanted {
            request.query.push((name, "true".to_owned()));
        }
    }
    request.query.extend(args.owner.clone().map(|owner| ("owner", owner)));
    request.body = Body::Stream(joined.format.content_type(), Box::new(joined.reread()?));
    let places = joined.places();
    let plan = client.send(request).map_err(|error| places.of(error))?;
    Ok(plan.body)
}

fn items<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn word(value: &Value, field: &str) -> String {
    clean(value.get(field).and_then(Value::as_str).unwrap_or_default())
}

/// Returns the name of the resource in a decision. A request to zot can concern a repository without a name.
fn name(value: &Value) -> String {
    let name = word(value, "name");
    if name.is_empty() { "(without a name)".to_owned() } else { name }
}

fn number(value: &Value, field: &str) -> u64 {
    value.get(field).and_then(Value::as_u64).unwrap_or(0)
}

/// Returns the plan in words: the changes, the changed decisions, the warnings, and the numbers of objects.
pub(super) fn in_words(plan: &Value, paint: Paint) -> String {
    let mut text = String::new();
    for change in items(plan, "changes") {
        let sign = match word(change, "action").as_str() {
            "create" => "+",
            "delete" | "revoke" => "-",
            _ => "~",
        };
        let painted = match sign {
            "+" => paint.good(sign),
            "-" => paint.bad(sign),
            _ => paint.doubtful(sign),
        };
        text.push_str(&format!("{painted} {} {}\n", word(change, "kind"), word(change, "name")));
        if sign != "-" {
            items(change, "fields").for_each(|field| text.push_str(&field_in_words(field, sign == "+")));
        }
    }
    omitted(&mut text, number(plan, "changes_omitted"), "changes");
    let told: BTreeSet<Place> = items(plan, "decisions").filter(|one| !is_star(one)).map(place).collect();
    let mut decisions = items(plan, "decisions").filter(|one| !follows(one, &told)).peekable();
    if decisions.peek().is_some() {
        text.push_str("decisions that change:\n");
    }
    decisions.for_each(|decision| text.push_str(&decision_in_words(decision, paint)));
    omitted(&mut text, number(plan, "decisions_omitted"), "decisions that may change");
    for warning in items(plan, "warnings") {
        let (rule, message) = (word(warning, "rule"), word(warning, "message"));
        text.push_str(&format!("{} rule `{rule}`: {message}\n", paint.doubtful("warning:")));
    }
    let summary = plan.get("summary").unwrap_or(&Value::Null);
    let [created, updated, deleted, unchanged] =
        ["created", "updated", "deleted", "unchanged"].map(|what| number(summary, what));
    let dry = plan.get("dry_run") == Some(&Value::Bool(true));
    text.push_str(&format!("{created} created, {updated} changed, {deleted} deleted, {unchanged} unchanged"));
    text.push_str(if dry { " (dry run: nothing was done)\n" } else { "\n" });
    text
}

/// The subject, type, name and service of a changed decision, and true if the plan makes it `granted`.
type Place = ([String; 4], bool);

fn place(decision: &Value) -> Place {
    let words = ["selector", "type", "name", "service"].map(|field| word(decision, field));
    (words, decision.get("after") == Some(&Value::Bool(true)))
}

fn is_partly(decision: &Value) -> bool {
    decision.get("partly") == Some(&Value::Bool(true))
}

/// Returns true if a decision may be only about a request for `*` itself, or only about actions that no rule names.
/// Such a decision can change differently from the decisions about single actions.
fn is_star(decision: &Value) -> bool {
    word(decision, "action") == "*" && is_partly(decision)
}

/// Returns true if a decision in `told` already implies this decision: a subject that loses one action also
/// loses all actions together.
fn follows(decision: &Value, told: &BTreeSet<Place>) -> bool {
    let own = place(decision);
    is_star(decision) && !own.1 && told.contains(&own)
}

/// Describes one changed decision: the subject, the resource, the decision before and after, and the deciding
/// rule. If the decision changes only for some of its subjects or names, the text names one example.
fn decision_in_words(decision: &Value, paint: Paint) -> String {
    let verdict = |field: &str| {
        let is_granted = decision.get(field) == Some(&Value::Bool(true));
        if is_granted { paint.good("granted") } else { paint.bad("denied") }
    };
    let action =
        if is_star(decision) { "* (all actions at once)".to_owned() } else { word(decision, "action") };
    let mut text = format!(
        "  {}  {} {}  {action}  {} → {}",
        word(decision, "selector"),
        word(decision, "type"),
        name(decision),
        verdict("before"),
        verdict("after"),
    );
    let service = word(decision, "service");
    if service != "*" {
        text.push_str(&format!("  at {service}"));
    }
    if let Some(rule) = decision.get("by").and_then(Value::as_str) {
        text.push_str(&format!("  by rule `{}`", clean(rule)));
    }
    let example = decision.get("example").unwrap_or(&Value::Null);
    if is_partly(decision) {
        let subject = word(example, "subject");
        text.push_str(&format!("  for some subjects or names, for example {subject} on {}", name(example)));
        for (field, before) in [("address", " from "), ("at", " at "), ("asked", " by asking for ")] {
            if let Some(value) = example.get(field).and_then(Value::as_str) {
                text.push_str(&format!("{before}{}", clean(value)));
            }
        }
    }
    text.push('\n');
    text
}

fn field_in_words(field: &Value, is_new: bool) -> String {
    let value = |name: &str| field.get(name).unwrap_or(&Value::Null);
    let (before, after) = (value("before"), value("after"));
    match word(field, "field").as_str() {
        "members" if before.is_null() && after.is_string() => format!("    + {}\n", inline(after)),
        "members" if after.is_null() && before.is_string() => format!("    - {}\n", inline(before)),
        _ if is_new && is_empty(after) => String::new(),
        name if is_new => format!("    {name}: {}\n", inline(after)),
        name => format!("    {name}: {} → {}\n", inline(before), inline(after)),
    }
}

/// Returns true if a field of a new object has an empty value. The plan does not show such a field.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn omitted(text: &mut String, count: u64, what: &str) {
    if count > 0 {
        text.push_str(&format!("  … and {count} more {what}\n"));
    }
}

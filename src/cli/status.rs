//! `portreeve status`: shows the state of the server.

use super::client::path;
use super::connection::ClientFlags;
use super::error::CliError;
use super::output::{Output, size};
use super::version::commit_in_words;
use super::when::from_now;
use crate::clock::Clock;
use crate::domain::time::Timestamp;
use clap::Args;
use serde_json::{Map, Value, json};

/// The lists in a status, each with its columns.
const LISTS: [(&str, &[&str]); 6] = [
    ("replicas", &["id", "version", "seen"]),
    ("signing_keys", &["kid", "state", "certificate_ends"]),
    ("certificates", &["use", "began", "ends"]),
    ("events", &["service", "events", "sources", "last", "silent"]),
    ("crawls", &["service", "state", "finished", "repositories", "tags", "skipped", "refused", "error"]),
    ("warnings", &["code", "message"]),
];

/// The fields with times, each with the title of its column. A table shows the distance of the time from now, for
/// example `in 89 days`.
const TIMES: [(&str, &str); 6] = [
    ("finished_at", "finished"),
    ("seen_at", "seen"),
    ("last_event_at", "last"),
    ("not_before", "began"),
    // The end of a signing key's certificate.
    ("not_after", "certificate_ends"),
    ("not_after", "ends"),
];

/// Show the state of the server: release, database, replicas, keys, certificates, warnings
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve status\n  portreeve status --output json")]
pub(super) struct Status {
    #[command(flatten)]
    flags: ClientFlags,
}

pub(super) fn run(args: &Status) -> Result<(), CliError> {
    let status = args.flags.connect()?.get(path(&["status"])?)?.body;
    let output = args.flags.output();
    if output.is_table() { tell(&output, &status, Clock::System.now()) } else { output.value(&status) }
}

/// Prints the status as tables for people, with rounded sizes. The lists show distances from now instead of times.
fn tell(output: &Output, status: &Value, now: Timestamp) -> Result<(), CliError> {
    let text = |at: &str| status.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let number = |at: &str| status.pointer(at).and_then(Value::as_u64).unwrap_or_default();
    let age = status.pointer("/feed/age_seconds").and_then(Value::as_f64).unwrap_or_default();
    let began = text("/started_at");
    let single = [
        ("version", json!(text("/version"))),
        ("commit", json!(commit_in_words(text("/commit")))),
        ("schema", json!(number("/schema"))),
        ("started", json!(format!("{} ({began})", distance(began, now)))),
        ("database", json!(format!("{}, {}", text("/database/kind"), size(number("/database/bytes"))))),
        ("events", json!(events(status))),
        ("feed", json!(format!("in force up to change {}, as of {age:.1} s ago", number("/feed/seq")))),
    ];
    let order = single.each_ref().map(|(name, _)| *name);
    let fields: Map<String, Value> =
        single.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    output.object(&order, &Value::Object(fields))?;
    if let Some(counts) = status.get("counts").filter(|counts| counts.is_object()) {
        let order = ["users", "robots", "groups", "services", "rules", "access_keys", "refresh_tokens"];
        output.title("counts")?;
        output.object(&order, counts)?;
    }
    for (name, columns) in LISTS {
        let at = match name {
            "events" => "/events/services".to_owned(),
            "crawls" => "/events/crawls".to_owned(),
            name => format!("/{name}"),
        };
        let mut items: Vec<Value> =
            status.pointer(&at).and_then(Value::as_array).cloned().unwrap_or_default();
        let title = name.replace('_', " ");
        if items.is_empty() {
            output.title(&format!("{title}: none"))?;
            continue;
        }
        items.iter_mut().for_each(|item| with_distances(item, now));
        output.title(&title)?;
        output.list(columns, &items)?;
    }
    Ok(())
}

/// Describes the database with the events of registries. Returns `none` for an older server, whose status does
/// not name that database.
fn events(status: &Value) -> String {
    let kind = status.pointer("/events/kind").and_then(Value::as_str);
    let bytes = status.pointer("/events/bytes").and_then(Value::as_u64).unwrap_or_default();
    kind.map_or_else(|| "none".to_owned(), |kind| format!("{kind}, {}", size(bytes)))
}

fn with_distances(item: &mut Value, now: Timestamp) {
    let Value::Object(fields) = item else { return };
    for (field, column) in TIMES {
        if let Some(time) = fields.get(field).and_then(Value::as_str) {
            let told = distance(time, now);
            fields.insert(column.to_owned(), json!(told));
        }
    }
}

/// Returns the distance of a time from now, in words. Returns the text itself if it is not a time.
fn distance(time: &str, now: Timestamp) -> String {
    Timestamp::parse(time).map_or_else(|_| time.to_owned(), |time| from_now(time, now))
}

//! `portreeve status`.

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

/// The lists of a status, each with its columns.
const LISTS: [(&str, &[&str]); 4] = [
    ("replicas", &["id", "version", "seen"]),
    ("signing_keys", &["kid", "state", "certificate_ends"]),
    ("certificates", &["use", "began", "ends"]),
    ("warnings", &["code", "message"]),
];

/// Times of the items, and what the column is called that tells how far away each is.
const TIMES: [(&str, &str); 4] = [
    ("seen_at", "seen"),
    ("not_before", "began"),
    // Of a signing key it is the end of its certificate.
    ("not_after", "certificate_ends"),
    ("not_after", "ends"),
];

/// Show how the server is: release, database, replicas, keys, certificates, warnings
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

/// Tables for people: one thing a row, ages and sizes instead of instants and bytes.
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
        let mut items: Vec<Value> = status.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
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

fn with_distances(item: &mut Value, now: Timestamp) {
    let Value::Object(fields) = item else { return };
    for (field, column) in TIMES {
        if let Some(time) = fields.get(field).and_then(Value::as_str) {
            let told = distance(time, now);
            fields.insert(column.to_owned(), json!(told));
        }
    }
}

/// How far away a time is; the time itself where it cannot be read.
fn distance(time: &str, now: Timestamp) -> String {
    Timestamp::parse(time).map_or_else(|_| time.to_owned(), |time| from_now(time, now))
}

//! `portreeve status`.

use super::client::path;
use super::connection::ClientFlags;
use super::error::CliError;
use super::output::write;
use clap::Args;
use serde_json::{Map, Value, json};

/// The lists of a status, each with its columns.
const LISTS: [(&str, &[&str]); 4] = [
    ("replicas", &["id", "version", "seen_at"]),
    ("signing_keys", &["kid", "state", "not_after"]),
    ("certificates", &["use", "not_before", "not_after"]),
    ("warnings", &["code", "message"]),
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
    let (Value::Object(fields), true) = (&status, output.is_table()) else {
        return output.value(&status);
    };
    output.object(&["version", "commit", "schema", "started_at", "database", "feed"], &single(fields))?;
    for (name, columns) in LISTS {
        let items = fields.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if !items.is_empty() {
            write(&format!("\n{}\n", name.replace('_', " ")))?;
            output.list(columns, items)?;
        }
    }
    Ok(())
}

/// What is not a list.
fn single(fields: &Map<String, Value>) -> Value {
    let one = |(name, value): (&String, &Value)| (name.clone(), value.clone());
    let kept = fields.iter().filter(|(name, _)| !LISTS.iter().any(|(list, _)| list == name));
    json!(kept.map(one).collect::<Map<_, _>>())
}

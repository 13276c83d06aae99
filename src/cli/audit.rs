//! `portreeve audit`: reads the audit trail, and verifies that nobody changed it.

use super::client::{Client, Request, path};
use super::connection::ClientFlags;
use super::destination::OutputArgs;
use super::error::CliError;
use super::escape::clean;
use super::explain::inline;
use super::given;
use super::when;
use crate::domain::change::{Actor, ChangeRecord};
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

const NDJSON: &str = "application/x-ndjson";
/// The number of records that a list shows without --limit.
const SHOWN: usize = 50;
/// The mode of an exported trail. Only the file's owner may read it, because the trail tells who may do what.
const PRIVATE: u32 = 0o600;

/// The audit trail: who changed what, when, from where.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve audit list --actor user:alice --since 24h")]
pub(super) struct Audit {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List changes, the newest first
    #[command(
        after_help = "Examples:\n  portreeve audit list\n  portreeve audit list --kind rule --name web\n  portreeve audit list --since 2030-01-31 --until 2030-02-28"
    )]
    #[command(visible_alias = "ls")]
    List(List),
    /// Show all fields of one change
    #[command(after_help = "Example:\n  portreeve audit show 42")]
    Show(Show),
    /// Write the whole trail as JSON lines, to a file that only you can read or to standard output
    #[command(
        after_help = "Examples:\n  portreeve audit export trail.jsonl\n  portreeve audit export | gzip > trail.gz"
    )]
    Export(OutputArgs),
    /// Verify the hash chain of the server's trail, or of an exported file
    #[command(after_help = "Examples:\n  portreeve audit verify\n  portreeve audit verify trail.jsonl")]
    Verify(Verify),
}

#[derive(Debug, Args)]
struct List {
    /// Only changes of this kind of object: user, robot, group, service, rule, access-key, refresh-token (or
    /// session), identity-provider, identity, invitation, signing-key (or key), database; plurals are accepted too
    #[arg(long, value_name = "KIND", value_parser = given::kind)]
    kind: Option<ObjectKind>,
    /// Only changes of the object with this name or id
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only changes by this actor: user:NAME, robot:NAME, system or anonymous
    #[arg(long, value_name = "ACTOR", value_parser = Actor::parse)]
    actor: Option<Actor>,
    /// Only changes at or after this time: RFC 3339, a date (UTC), or how long ago, for example 24h
    #[arg(long, value_name = "TIME", value_parser = when::past)]
    since: Option<Timestamp>,
    /// Only changes before this time: RFC 3339, a date (UTC), or how long ago
    #[arg(long, value_name = "TIME", value_parser = when::past)]
    until: Option<Timestamp>,
    /// The greatest number of records
    #[arg(long, value_name = "NUMBER", default_value_t = SHOWN)]
    limit: usize,
}

#[derive(Debug, Args)]
struct Show {
    /// The number of the change
    #[arg(value_name = "SEQ", value_parser = given::change)]
    seq: u32,
}

#[derive(Debug, Args)]
struct Verify {
    /// An exported file, or - for standard input; without it, the server's own trail
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The hash that the last record must have, as you noted it earlier outside the server
    #[arg(long, value_name = "HASH")]
    expect_head: Option<String>,
}

pub(super) fn run(args: &Audit) -> Result<(), CliError> {
    match &args.command {
        Command::List(list) => list_changes(&args.flags, list),
        Command::Show(show) => {
            let before = show.seq.saturating_sub(1).to_string();
            let query = [("after", before)];
            let found = args.flags.connect()?.list(&path(&["changes"])?, &query, Some(1))?;
            match found.into_iter().find(|one| one.get("seq") == Some(&json!(show.seq))) {
                Some(record) => {
                    args.flags.output().object(&["seq", "at", "actor", "action", "kind", "name"], &record)
                }
                None => Err(CliError::Failed(format!("there is no change {}", show.seq))),
            }
        }
        Command::Export(_) if args.flags.format().is_some() => {
            Err(CliError::Usage("an exported trail is JSON lines: leave --output out".to_owned()))
        }
        Command::Export(output) => export(&args.flags.connect()?, output),
        Command::Verify(verify) => verify_trail(&args.flags, verify),
    }
}

fn list_changes(flags: &ClientFlags, args: &List) -> Result<(), CliError> {
    let mut query = vec![("order", "desc".to_owned())];
    query.extend(args.kind.map(|kind| ("kind", kind.to_string())));
    query.extend(args.name.clone().map(|name| ("name", name)));
    query.extend(args.actor.as_ref().map(|actor| ("actor", actor.to_string())));
    query.extend(args.since.map(|time| ("since", time.to_string())));
    query.extend(args.until.map(|time| ("until", time.to_string())));
    let mut records = flags.connect()?.list(&path(&["changes"])?, &query, Some(args.limit))?;
    let output = flags.output();
    if output.is_table() {
        for record in &mut records {
            let what = in_short(record);
            if let Value::Object(fields) = record {
                let of = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
                let object = format!("{} {}", of("kind"), of("name"));
                fields.insert("object".to_owned(), json!(object));
                fields.insert("changed".to_owned(), json!(what));
            }
        }
    }
    output.list(&["seq", "at", "actor", "action", "object", "changed"], &records)
}

/// Describes a change in a few words: the changed fields except `updated_at`, with their values before and after.
/// Of a field without a value before, only the name is given. If a member was added to a group or removed from it,
/// returns the member. For any other creation or deletion, returns an empty text.
fn in_short(record: &Value) -> String {
    let state = |name: &str| record.get(name).and_then(Value::as_object);
    let (before, after) = match (state("before"), state("after")) {
        (Some(before), Some(after)) => (before, after),
        (one, other) => {
            let member = one.or(other).and_then(|state| state.get("member")).and_then(Value::as_str);
            return member.unwrap_or_default().to_owned();
        }
    };
    let changed =
        after.iter().filter(|(name, value)| before.get(*name) != Some(value) && *name != "updated_at");
    let told: Vec<String> = changed
        .map(|(name, value)| match before.get(name) {
            Some(old) => format!("{name}: {} → {}", inline(old), inline(value)),
            None => name.replace('_', " "),
        })
        .collect();
    told.join("; ")
}

fn stream(client: &Client, each: impl FnMut(&str) -> Result<(), CliError>) -> Result<(), CliError> {
    let mut request = Request::new(Method::GET, path(&["changes"])?);
    request.accept = Some(NDJSON);
    client.lines(request, each)
}

fn export(client: &Client, output: &OutputArgs) -> Result<(), CliError> {
    let mut out = output.open(PRIVATE)?;
    let mut count: u64 = 0;
    stream(client, |line| {
        count += 1;
        out.write(line)?;
        out.write("\n")
    })?;
    if let Some(file) = out.finish()? {
        aside!("{count} records in {}", clean(&file.display().to_string()));
    }
    Ok(())
}

fn sha256(text: &str) -> String {
    use ring::digest::{SHA256, digest};
    digest(&SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The progress of verifying a trail record by record. Only the last record stays in memory.
#[derive(Default)]
struct Walk {
    count: u64,
    first: Option<i64>,
    last: Option<ChangeRecord>,
}

impl Walk {
    fn step(&mut self, line: &str) -> Result<(), CliError> {
        let number = self.count + 1;
        let record: ChangeRecord = serde_json::from_str(line)
            .map_err(|error| CliError::Failed(format!("line {number} is not a record: {error}")))?;
        record.verify(self.last.as_ref(), sha256).map_err(|error| CliError::Failed(error.to_string()))?;
        self.first.get_or_insert(record.seq);
        self.count = number;
        self.last = Some(record);
        Ok(())
    }
}

fn verify_trail(flags: &ClientFlags, args: &Verify) -> Result<(), CliError> {
    let mut walk = Walk::default();
    match &args.file {
        Some(file) => {
            for line in lines_of(file)? {
                let failed = |error| CliError::Failed(format!("cannot read `{}`: {error}", file.display()));
                let line = line.map_err(failed)?;
                if !line.is_empty() {
                    walk.step(&line)?;
                }
            }
        }
        None => stream(&flags.connect()?, |line| walk.step(line))?,
    }
    let Some(head) = walk.last.map(|last| last.hash) else {
        // The first start of a server writes records, so a trail without records was cut off.
        return Err(CliError::Failed("there is no record to verify".to_owned()));
    };
    if let Some(expected) = &args.expect_head
        && *expected != head
    {
        return Err(CliError::Failed(format!(
            "the last record has the hash {head}, not {}: records are missing at the end, or this is another trail",
            clean(expected)
        )));
    }
    let output = flags.output();
    if !output.is_table() {
        return output.value(&json!({"records": walk.count, "first": walk.first, "head_hash": head}));
    }
    match walk.first {
        None | Some(1) => output
            .done(&format!("{} records, complete from the beginning; the last hash is {head}", walk.count)),
        Some(first) => output.done(&format!(
            "{} records, complete from number {first} (earlier records are missing); the last hash is {head}",
            walk.count
        )),
    }
}

/// Returns the lines of a file, or of standard input for `-`.
fn lines_of(file: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>, CliError> {
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let open = File::open(file);
        Box::new(
            open.map_err(|error| CliError::Failed(format!("cannot open `{}`: {error}", file.display())))?,
        )
    };
    Ok(BufReader::new(source).lines())
}

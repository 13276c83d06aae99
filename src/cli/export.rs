//! `portreeve export`: the state of the server as files that `portreeve apply` takes.
//!
//! INVARIANT: the same state gives the same bytes.

use super::client::{Client, path};
use super::connection::ClientFlags;
use super::destination::{Destination, OutputArgs};
use super::error::CliError;
use super::escape::{clean, escape_json};
use super::yaml;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};

/// What a person's files are made with, before the umask.
const ORDINARY: u32 = 0o666;

/// How objects are written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// YAML documents
    #[default]
    Yaml,
    /// One JSON object a line
    Ndjson,
}

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Service,
    User,
    Robot,
    Group,
    Rule,
}

/// In an order in which each names only what came before.
const KINDS: [Kind; 5] = [Kind::Service, Kind::User, Kind::Robot, Kind::Group, Kind::Rule];

/// Write users, robots, groups, services and rules as files for `portreeve apply`
///
/// Without secrets: passwords and access keys stay on the server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve export port.yaml\n  \
    portreeve export --kind rule --managed-by git\n  portreeve export --format ndjson > port.ndjson")]
pub(super) struct Export {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(flatten)]
    output: OutputArgs,
    /// Only this kind; repeatable
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<Kind>,
    /// Only what belongs to this owner
    #[arg(long, value_name = "NAME")]
    managed_by: Option<String>,
    /// Form of the file
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "yaml")]
    format: FileFormat,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Service => "service",
            Kind::User => "user",
            Kind::Robot => "robot",
            Kind::Group => "group",
            Kind::Rule => "rule",
        }
    }

    /// The fields that may be written, in the order of the API's documentation, with their defaults.
    fn fields(self) -> Vec<(&'static str, Value)> {
        let labels = ("labels", json!({}));
        let managed_by = ("managed_by", Value::Null);
        let description = ("description", json!(""));
        let flags = [("admin", json!(false)), ("disabled", json!(false))];
        let [admin, disabled] = flags;
        match self {
            Kind::Service => vec![
                ("token_ttl", json!(300)),
                ("offline_tokens", json!(true)),
                ("push_includes_pull", Value::Null),
                ("profile", json!("distribution-2")),
                ("trust", Value::Null),
                ("key_id", Value::Null),
                managed_by,
            ],
            Kind::User => vec![admin, disabled, labels, managed_by],
            Kind::Robot => {
                vec![description, admin, disabled, labels, ("expires_at", Value::Null), managed_by]
            }
            Kind::Group => vec![description, ("members", json!([])), managed_by],
            Kind::Rule => vec![
                description,
                ("effect", json!("allow")),
                ("subjects", json!([])),
                ("services", json!(["*"])),
                ("type", json!("repository")),
                ("names", json!([])),
                ("actions", json!([])),
                ("networks", json!([])),
                ("not_before", Value::Null),
                ("not_after", Value::Null),
                ("priority", json!(0)),
                ("enabled", json!(true)),
                managed_by,
            ],
        }
    }
}

pub(super) fn run(args: &Export) -> Result<(), CliError> {
    let client = args.flags.connect()?;
    let mut out = args.output.open(ORDINARY)?;
    objects(&client, args, &mut out)?;
    if let Some(file) = out.finish()? {
        eprintln!("wrote {}", clean(&file.display().to_string()));
    }
    Ok(())
}

fn objects(client: &Client, args: &Export, out: &mut Destination) -> Result<(), CliError> {
    let mut first = true;
    for kind in KINDS.into_iter().filter(|kind| args.kinds.is_empty() || args.kinds.contains(kind)) {
        let query: &[(&'static str, String)] =
            if kind == Kind::Rule { &[("warnings", "false".to_owned())] } else { &[] };
        let at = path(&[&format!("{}s", kind.word())])?;
        client.pages(&at, query, None, |page| {
            let Some(items) = page.get("items").and_then(Value::as_array) else {
                return Err(CliError::Failed("the answer is not a list".to_owned()));
            };
            for item in items {
                let owner = item.get("managed_by").and_then(Value::as_str);
                if args.managed_by.is_some() && owner != args.managed_by.as_deref() {
                    continue;
                }
                let text = match args.format {
                    FileFormat::Yaml => document(kind, item, first),
                    FileFormat::Ndjson => line(kind, item),
                };
                out.write(&text)?;
                first = false;
            }
            Ok(items.len())
        })?;
    }
    Ok(())
}

/// What is said of an object: its kind, its name, and what is not as by default.
fn said(kind: Kind, item: &Value) -> Vec<(&'static str, Value)> {
    let name = item.get("name").cloned().unwrap_or_default();
    let mut said = vec![("kind", json!(kind.word())), ("name", name)];
    for (field, default) in kind.fields() {
        if let Some(value) = item.get(field)
            && *value != default
        {
            said.push((field, value.clone()));
        }
    }
    said
}

fn document(kind: Kind, item: &Value, first: bool) -> String {
    let mut text = String::from(if first { "" } else { "---\n" });
    for (name, value) in said(kind, item) {
        yaml::field(name, &value, &mut text);
    }
    escape_json(&text)
}

fn line(kind: Kind, item: &Value) -> String {
    let fields: Vec<String> =
        said(kind, item).into_iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}\n", fields.join(","))
}

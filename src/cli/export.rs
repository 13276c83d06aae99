//! `portreeve export`: writes the state of the server as files that `portreeve apply` reads.
//!
//! INVARIANT: two exports of equal states are equal, byte for byte.

use super::client::{Client, path};
use super::connection::ClientFlags;
use super::destination::{Destination, OutputArgs};
use super::error::CliError;
use super::escape::{clean, escape_json};
use super::output::Format;
use super::yaml;
use crate::domain::identity::{ProviderKind, ProviderName};
use crate::domain::kind::FileKind;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use strum::{VariantArray, VariantNames};

/// The mode of the new file, before the system applies the umask.
const ORDINARY: u32 = 0o666;

/// The form in which objects are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum FileFormat {
    /// YAML documents
    #[default]
    Yaml,
    /// One JSON object a line
    Ndjson,
}

impl FileFormat {
    /// Returns the content type of the request.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Yaml => "application/yaml",
            Self::Ndjson => "application/x-ndjson",
        }
    }
}

/// Write users, robots, groups, services, identity providers and rules as files for `portreeve apply`
///
/// Passwords and access keys stay on the server. With `--output json` the export is one JSON list, for other
/// programs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve export all.yaml\n  \
    portreeve export --kind rule --managed-by git\n  portreeve export --format ndjson > port.ndjson\n  portreeve export --output json | jq length")]
pub(super) struct Export {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(flatten)]
    output: OutputArgs,
    /// Export only this kind; repeatable
    #[arg(long = "kind", value_name = "KIND", value_parser = kinds())]
    kinds: Vec<FileKind>,
    /// Export only objects of this owner
    #[arg(long, value_name = "NAME")]
    managed_by: Option<String>,
    /// Export also the users and groups that identity providers make; they are made again when people sign in
    #[arg(long, conflicts_with = "managed_by")]
    all: bool,
    /// Form of the file [default: yaml]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FileFormat>,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A file for `portreeve apply`.
    File(FileFormat),
    /// One JSON list, for other programs.
    List,
}

impl Form {
    /// Returns the form that `--format` and `--output` select.
    fn of(args: &Export) -> Result<Self, CliError> {
        match (args.format, args.flags.format()) {
            (None, None | Some(Format::Yaml)) => Ok(Self::File(FileFormat::Yaml)),
            (None, Some(Format::Json)) => Ok(Self::List),
            (None, Some(Format::Table)) => Err(CliError::Usage(
                "an export cannot be a table: write --output json, --output yaml or --format ndjson"
                    .to_owned(),
            )),
            (Some(format), None) => Ok(Self::File(format)),
            (Some(_), Some(_)) => Err(CliError::Usage(
                "give either --format or --output: both select the form of the file".to_owned(),
            )),
        }
    }

    /// Returns the text before the first object.
    fn begin(self) -> &'static str {
        if self == Self::List { "[" } else { "" }
    }

    /// Returns one object, with the separator from the previous object.
    fn object(self, kind: FileKind, item: &Value, first: bool) -> String {
        match self {
            Self::File(FileFormat::Yaml) => document(kind, item, first),
            Self::File(FileFormat::Ndjson) => format!("{}\n", line(kind, item)),
            Self::List => format!("{}\n  {}", if first { "" } else { "," }, line(kind, item)),
        }
    }

    /// Returns the text after the last object.
    fn end(self) -> &'static str {
        if self == Self::List { "\n]\n" } else { "" }
    }
}

/// Returns the fields that an export can contain, with their defaults, in the order in which an export writes them.
fn fields(kind: FileKind) -> Vec<(&'static str, Value)> {
    let labels = ("labels", json!({}));
    let managed_by = ("managed_by", Value::Null);
    let description = ("description", json!(""));
    let [admin, disabled] = [("admin", json!(false)), ("disabled", json!(false))];
    match kind {
        FileKind::Service => service_fields(managed_by),
        FileKind::IdentityProvider => vec![
            ("enabled", json!(true)),
            ("position", json!(0)),
            ("title", Value::Null),
            ("issuer", Value::Null),
            ("client_id", Value::Null),
            ("ca_file", Value::Null),
            ("scopes", json!(["openid", "profile", "email", "offline_access"])),
            ("create_users", json!(true)),
            ("name_claim", json!("preferred_username")),
            ("name_strip", Value::Null),
            ("name_template", json!("{name}")),
            ("groups_claim", Value::Null),
            ("map", json!([])),
            ("automatic", json!(false)),
            labels,
            ("require_groups", json!([])),
            ("admin_groups", json!([])),
            ("recheck", json!(3600)),
            ("hold", json!(86400)),
            ("max_age", json!(43200)),
            managed_by,
        ],
        FileKind::User => vec![admin, disabled, labels, managed_by, ("identity", Value::Null)],
        FileKind::Robot => {
            vec![description, admin, disabled, labels, ("expires_at", Value::Null), managed_by]
        }
        FileKind::Group => vec![description, ("members", json!([])), managed_by],
        FileKind::Rule => vec![
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

/// Returns the fields of services, with their defaults.
fn service_fields(managed_by: (&'static str, Value)) -> Vec<(&'static str, Value)> {
    vec![
        ("token_ttl", json!(300)),
        ("offline_tokens", json!(true)),
        ("push_includes_pull", Value::Null),
        ("password_grant", json!(true)),
        ("events", json!(true)),
        ("search", json!(false)),
        ("crawl", Value::Null),
        ("profile", json!("distribution-2")),
        ("trust", Value::Null),
        ("key_id", Value::Null),
        managed_by,
    ]
}

fn kinds() -> impl TypedValueParser<Value = FileKind> {
    PossibleValuesParser::new(<FileKind as VariantNames>::VARIANTS).try_map(|text| text.parse::<FileKind>())
}

pub(super) fn run(args: &Export) -> Result<(), CliError> {
    let form = Form::of(args)?;
    let client = args.flags.connect()?;
    let mut out = args.output.open(ORDINARY)?;
    out.write(form.begin())?;
    objects(&client, args, form, &mut out)?;
    out.write(form.end())?;
    if let Some(file) = out.finish()? {
        aside!("wrote {}", clean(&file.display().to_string()));
    }
    Ok(())
}

fn objects(client: &Client, args: &Export, form: Form, out: &mut Destination) -> Result<(), CliError> {
    // The users and groups of a provider come back when people sign in, so an export without --all and --managed-by
    // leaves them out. If the provider was deleted, nothing brings them back, so the export contains them.
    let keepers = if args.all || args.managed_by.is_some() { BTreeSet::new() } else { keepers(client)? };
    let (mut first, mut left_out) = (true, BTreeSet::new());
    let mut split = Vec::new();
    let chosen = |kind: &FileKind| args.kinds.is_empty() || args.kinds.contains(kind);
    for kind in <FileKind as VariantArray>::VARIANTS.iter().copied().filter(chosen) {
        let query: &[(&'static str, String)] =
            if kind == FileKind::Rule { &[("warnings", "false".to_owned())] } else { &[] };
        let at = path(&[&format!("{}s", kind.as_str())])?;
        client.pages(&at, query, None, |page| {
            let Some(items) = page.get("items").and_then(Value::as_array) else {
                return Err(CliError::Failed("the answer is not a list".to_owned()));
            };
            for item in items {
                let owner = item.get("managed_by").and_then(Value::as_str);
                if args.managed_by.is_some() && owner != args.managed_by.as_deref() {
                    continue;
                }
                let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
                if owner.is_some_and(|owner| keepers.contains(owner)) {
                    left_out.insert(format!("{}:{name}", kind.as_str()));
                    continue;
                }
                let members = item.get("members").and_then(Value::as_array).into_iter().flatten();
                if members.filter_map(Value::as_str).any(|member| left_out.contains(member)) {
                    split.push(name.to_owned());
                }
                out.write(&form.object(kind, item, first))?;
                first = false;
            }
            Ok(items.len())
        })?;
    }
    if let Some(one) = split.first() {
        let others = match split.len() {
            1 => String::new(),
            count => format!(" and {} others", count - 1),
        };
        aside!(
            "the group `{}`{others} has members that the file leaves out, because an identity provider makes these users: before they sign in at another server, the file can be applied there only if you export with --all",
            clean(one)
        );
    }
    Ok(())
}

/// Returns the `managed_by` values that mark the objects of the existing identity providers.
fn keepers(client: &Client) -> Result<BTreeSet<String>, CliError> {
    let mut keepers = BTreeSet::new();
    client.pages(&path(&["identity-providers"])?, &[], None, |page| {
        let items = page.get("items").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let text = |item: &Value, name: &str| item.get(name).and_then(Value::as_str).map(str::to_owned);
        keepers.extend(items.iter().filter_map(|item| {
            let kind = text(item, "kind")?.parse::<ProviderKind>().ok()?;
            Some(kind.owner(&ProviderName::parse(&text(item, "name")?).ok()?))
        }));
        Ok(items.len())
    })?;
    Ok(keepers)
}

/// Returns the exported fields of an object: its kind, its name, and every field whose value is not the default.
fn said(kind: FileKind, item: &Value) -> Vec<(&'static str, Value)> {
    let name = item.get("name").cloned().unwrap_or_default();
    let mut said = vec![("kind", json!(kind.as_str())), ("name", name)];
    for (field, default) in fields(kind) {
        if let Some(value) = item.get(field)
            && *value != default
        {
            said.push((field, value.clone()));
        }
    }
    said
}

/// Returns an object as a YAML document. The separator `---` is in front, unless the object is the first.
pub(super) fn document(kind: FileKind, item: &Value, first: bool) -> String {
    let mut text = String::from(if first { "" } else { "---\n" });
    for (name, value) in said(kind, item) {
        yaml::field(name, &value, &mut text);
    }
    escape_json(&text)
}

fn line(kind: FileKind, item: &Value) -> String {
    let fields: Vec<String> =
        said(kind, item).into_iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    escape_json(&format!("{{{}}}", fields.join(",")))
}

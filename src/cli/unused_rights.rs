//! `portreeve suggestions` shows rights that nobody used, and prints the changes that take them away.

use super::client::{Request, path, text_field};
use super::connection::ClientFlags;
use super::error::CliError;
use super::escape::clean;
use super::export::document;
use super::output::{Output, write};
use crate::domain::kind::FileKind;
use crate::domain::policy::SuggestionKind;
use crate::outbound::Method;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::Value;
use std::collections::BTreeMap;
use strum::VariantNames;

const COLUMNS: &[&str] = &["kind", "name", "asked", "granted", "used", "text"];
const OF_HELD: &[&str] = &["service", "rule", "group", "reason"];

/// Show rights that nobody used for 90 days, and how to take them away
///
/// For administrators. The server checked each suggestion against all uses that registries reported: no
/// reported use would be refused. With --patch the command prints the changed objects for `portreeve apply`,
/// all changes of one object together.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve suggestions\n  \
    portreeve suggestions --kind narrower_names --output json\n  \
    portreeve suggestions --patch | portreeve apply - --dry-run")]
pub(super) struct Suggestions {
    #[command(flatten)]
    flags: ClientFlags,
    /// Only these rules, groups, robots and access keys: NAME, or KIND:NAME such as rule:web
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only rules for this registry alone
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Only this kind; repeatable
    #[arg(long = "kind", value_name = "KIND", value_parser = kinds())]
    kinds: Vec<String>,
    /// Print the changed objects as YAML for `portreeve apply`
    #[arg(long)]
    patch: bool,
}

fn kinds() -> impl TypedValueParser<Value = String> {
    PossibleValuesParser::new(<SuggestionKind as VariantNames>::VARIANTS)
}

/// Returns true if a suggestion is about the object `NAME` or `KIND:NAME`. No name of these objects has a
/// colon.
fn is_about(item: &Value, name: &str) -> bool {
    match name.split_once(':') {
        Some((kind, name)) => kind == text_field(item, "object") && name == text_field(item, "name"),
        None => name == text_field(item, "name"),
    }
}

impl Suggestions {
    fn is_wanted(&self, item: &Value) -> bool {
        let is_kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == text_field(item, "kind"));
        is_kind && (self.names.is_empty() || self.is_named(item))
    }

    fn is_named(&self, item: &Value) -> bool {
        self.names.iter().any(|name| is_about(item, name))
    }
}

pub(super) fn run(args: &Suggestions) -> Result<(), CliError> {
    let mut request = Request::new(Method::GET, path(&["suggestions"])?);
    request.query.extend(args.service.clone().map(|name| ("service", name)));
    let mut answer = args.flags.connect()?.patient()?.send(request)?.body;
    let Some(Value::Array(items)) = answer.get_mut("items").map(Value::take) else {
        return Err(CliError::Failed("the answer is not a list of suggestions".to_owned()));
    };
    let items: Vec<Value> = items.into_iter().filter(|item| args.is_wanted(item)).collect();
    let known = |name: &&String| items.iter().any(|item| is_about(item, name));
    if let Some(other) = args.names.iter().find(|name| !known(name)) {
        return Err(CliError::Failed(format!("there is no suggestion about `{}`", clean(other))));
    }
    if args.patch {
        return patches(args, &items);
    }
    let output = args.flags.output();
    if output.is_table() {
        return tell(&output, &answer, &items);
    }
    if let Value::Object(fields) = &mut answer {
        fields.insert("items".to_owned(), Value::Array(items));
    }
    output.value(&answer)
}

/// Prints the suggestions, the number of reported uses that the server checked, and the rights that are held
/// back.
fn tell(output: &Output, answer: &Value, items: &[Value]) -> Result<(), CliError> {
    output.list(COLUMNS, items)?;
    let number = |field| answer.get(field).and_then(Value::as_u64).unwrap_or_default();
    let omitted = match number("omitted") {
        0 => String::new(),
        count => format!("; {count} further suggestions are left out"),
    };
    let seen = number("seen");
    let since = clean(text_field(answer, "since"));
    let proof = match seen {
        0 => format!("no use was seen since {since}{omitted}"),
        _ => format!("0 of {seen} seen uses since {since} would be refused{omitted}"),
    };
    output.title(&proof)?;
    let held = answer.get("held_back").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if held.is_empty() {
        return Ok(());
    }
    output.title("held back")?;
    output.list(OF_HELD, held)
}

/// Prints the changed objects. All changes of one object are in one document. An object that another tool
/// manages is left out unless the caller names it: that tool would undo the change. For a suggestion without
/// a patch, prints its command on standard error.
fn patches(args: &Suggestions, items: &[Value]) -> Result<(), CliError> {
    let mut objects: BTreeMap<(&str, &str), Value> = BTreeMap::new();
    for item in items {
        let Some(patch) = item.get("patch").filter(|patch| patch.is_object()) else {
            aside!("{}: {}", clean(text_field(item, "text")), clean(text_field(item, "command")));
            continue;
        };
        if item.get("managed_by").is_some_and(Value::is_string) && !args.is_named(item) {
            aside!("left out: {}", clean(text_field(item, "text")));
            continue;
        }
        let object = objects
            .entry((text_field(item, "object"), text_field(item, "name")))
            .or_insert_with(|| patch.clone());
        let field = text_field(item, "field");
        if let (Value::Object(fields), Some(value)) = (object, patch.get(field)) {
            fields.insert(field.to_owned(), value.clone());
        }
    }
    if objects.is_empty() {
        aside!("there is nothing to apply");
    }
    for (number, object) in objects.values().enumerate() {
        let kind = text_field(object, "kind").parse::<FileKind>();
        let kind =
            kind.map_err(|_| CliError::Failed("an object in the answer has no known kind".to_owned()))?;
        write(&document(kind, object, number == 0))?;
    }
    Ok(())
}

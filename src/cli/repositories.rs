//! `portreeve repositories`: shows the repositories that the caller may pull, and crawls registries.

use super::client::{Client, Request, path};
use super::connection::ClientFlags;
use super::crawl::{self, Crawl};
use super::error::CliError;
use super::objects::ListArgs;
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde_json::{Map, Value};

const COLUMNS: &[&str] = &["service", "name", "tags", "last_push_at", "last_pull_at"];
const OF_TAGS: &[&str] = &["name", "digest", "changed_at", "changed_by"];
const OF_MANIFESTS: &[&str] =
    &["digest", "media_type", "size", "tagged", "pushed_at", "pushed_by", "last_pull_at"];

/// Show the repositories that you may pull, as registries report them
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve repositories list --prefix web/")]
pub(super) struct Repositories {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the repositories that you may pull
    #[command(after_help = "Examples:\n  portreeve repositories list\n  \
        portreeve repositories list --service registry --prefix web/")]
    #[command(visible_alias = "ls")]
    List(List),
    /// Show a repository with its tags, and who moved each tag
    #[command(after_help = "Examples:\n  portreeve repositories show web/site\n  \
        portreeve repositories show web/site --service registry --output json")]
    Show(Show),
    /// Read an existing registry: fills the list of its repositories and tags
    ///
    /// The server itself reads the registry, as the robot that the service names. The command waits until the
    /// crawl ends. The server also crawls by itself, once a day.
    #[command(after_help = "Examples:\n  portreeve repositories crawl registry\n  \
        portreeve repositories crawl registry --all-tags\n  portreeve repositories crawl registry --status")]
    Crawl(Crawl),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    list: ListArgs,
    /// List only the repositories of this registry
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

#[derive(Debug, Args)]
struct Show {
    /// The name of the repository, for example web/site
    #[arg(value_name = "NAME")]
    object: String,
    /// The registry; may be left out when there is only one
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
}

pub(super) fn run(args: &Repositories) -> Result<(), CliError> {
    match &args.command {
        Command::List(List { list, service }) => {
            let mut query = Vec::new();
            query.extend(service.clone().map(|name| ("service", name)));
            query.extend(list.prefix.clone().map(|prefix| ("q", prefix)));
            let found = args.flags.connect()?.list(&path(&["repositories"])?, &query, list.limit)?;
            args.flags.output().list(COLUMNS, &found)
        }
        Command::Show(show) => show_one(&args.flags, show),
        Command::Crawl(crawl) => crawl::run(&args.flags, crawl),
    }
}

fn show_one(flags: &ClientFlags, args: &Show) -> Result<(), CliError> {
    let client = flags.connect()?;
    let service = match &args.service {
        Some(service) => service.clone(),
        None => only_service(&client)?,
    };
    let at = path(&["repositories", &service, &args.object])?;
    let (mut found, tags) = whole(&client, &at, TAGS)?;
    let (_, manifests) = whole(&client, &at, MANIFESTS)?;
    let output = flags.output();
    if !output.is_table() {
        for ((list, ..), items) in [(TAGS, tags), (MANIFESTS, manifests)] {
            found.insert(list.to_owned(), Value::Array(items));
        }
        return output.value(&Value::Object(found));
    }
    output.object(&["service", "name", "description"], &Value::Object(found))?;
    output.title("Tags")?;
    output.list(OF_TAGS, &tags)?;
    output.title("Manifests")?;
    output.list(OF_MANIFESTS, &manifests)
}

/// The names of a list in the API's answer about a repository: the field of the list, the field with the
/// cursor of the next page, and the query parameter for that cursor.
type Within = (&'static str, &'static str, &'static str);
const TAGS: Within = ("tags", "next", "after");
const MANIFESTS: Within = ("manifests", "next_manifests", "after_manifests");

/// Returns the fields of a repository without its lists, and all items of one list.
fn whole(
    client: &Client,
    at: &str,
    (list, next, parameter): Within,
) -> Result<(Map<String, Value>, Vec<Value>), CliError> {
    let not_one = || CliError::Failed("the answer is not a repository".to_owned());
    let (mut found, mut after) = (Vec::new(), None::<String>);
    loop {
        let mut request = Request::new(Method::GET, at.to_owned());
        request.query.extend(after.clone().map(|cursor| (parameter, cursor)));
        let Value::Object(mut page) = client.send(request)?.body else {
            return Err(not_one());
        };
        let Some(Value::Array(more)) = page.remove(list) else {
            return Err(not_one());
        };
        found.extend(more);
        let cursor = page.remove(next).and_then(|next| next.as_str().map(str::to_owned));
        // Also ends if the server repeats the cursor, because the loop would otherwise never end.
        if cursor.is_none() || cursor == after {
            for (list, next, _) in [TAGS, MANIFESTS] {
                page.remove(list);
                page.remove(next);
            }
            return Ok((page, found));
        }
        after = cursor;
    }
}

/// Returns the only registry that the caller may use. Fails if there is none, or if there are several.
fn only_service(client: &Client) -> Result<String, CliError> {
    let found = client.get(path(&["me", "services"])?)?.body;
    let services = found.get("services").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    match services {
        [only] => Ok(only.as_str().unwrap_or_default().to_owned()),
        [] => Err(CliError::Usage(
            "which registry? add --service NAME: no rule lets you use a registry".to_owned(),
        )),
        several => {
            let names: Vec<&str> = several.iter().filter_map(Value::as_str).collect();
            let names = names.join(", ");
            Err(CliError::Usage(format!("which registry? add --service NAME: there are {names}")))
        }
    }
}

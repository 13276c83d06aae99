//! `portreeve services`.

use super::client::{Request, path};
use super::connection::ClientFlags;
use super::destination::Destination;
use super::edit::Patch;
use super::error::CliError;
use super::escape::clean;
use super::objects::{DeleteArgs, ListArgs, NameArgs, Noun};
use super::output::write;
use crate::outbound::Method;
use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Everybody may read what registries hold.
const PUBLIC: u32 = 0o644;

const NOUN: Noun = Noun {
    word: "service",
    path: "services",
    columns: &[
        "name",
        "token_ttl",
        "offline_tokens",
        "push_includes_pull",
        "profile",
        "trust",
        "key_id",
        "managed_by",
    ],
};

/// Registries that tokens are issued for.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve services create registry.example.org --token-ttl 600")]
pub(super) struct Services {
    #[command(flatten)]
    flags: ClientFlags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List services
    #[command(after_help = "Example:\n  portreeve services list")]
    List(ListArgs),
    /// Show one service
    #[command(after_help = "Example:\n  portreeve services show registry")]
    Show(NameArgs),
    /// Create a service
    #[command(
        after_help = "Example:\n  portreeve services create \"Docker registry\" --profile distribution-3"
    )]
    Create(Write),
    /// Change a service
    #[command(after_help = "Example:\n  portreeve services update registry --token-ttl 600")]
    Update(Write),
    /// Print what the registry's configuration must say, and the files that it must hold
    #[command(after_help = "Examples:\n  portreeve services config registry\n  \
        portreeve services config registry --write /etc/docker/registry > auth.yml")]
    Config(Config),
    /// Delete a service: tokens are no longer issued for it
    #[command(after_help = "Example:\n  portreeve services delete registry.example.org")]
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
struct Config {
    /// Its name
    #[arg(value_name = "NAME")]
    object: String,
    /// The registry's folder for the files; where such registries usually have them when left out
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    directory: Option<String>,
    /// Write the files into this folder instead of printing them
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

#[derive(Debug, Args, Serialize)]
struct Write {
    /// Its name, which the registry calls `service`
    #[arg(value_name = "NAME")]
    #[serde(skip)]
    object: String,
    /// How long clients may use a token, 60 to 3600 [default of new ones: 300]
    #[arg(long, value_name = "SECONDS")]
    token_ttl: Option<u32>,
    /// Whether people who log in get a refresh token [default of new ones: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    offline_tokens: Option<bool>,
    /// Whether `push` is read as `pull,push`: true or false; an empty one is what the profile says
    #[arg(long, value_name = "BOOL", value_parser = push_includes_pull)]
    push_includes_pull: Option<Asked>,
    /// The kind of registry: distribution-2, distribution-3, zot, gitlab or custom
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// How it knows keys: bundle, jwks or certificate; an empty one is what the profile says
    #[arg(long, value_name = "WAY")]
    trust: Option<String>,
    /// The form of key ids, for custom: libtrust or thumbprint; an empty one is what the profile says
    #[arg(long, value_name = "FORM")]
    key_id: Option<String>,
    /// Mark of the tool that keeps it; an empty one removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

/// A flag that may be left to the profile, as JSON.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct Asked(Value);

fn push_includes_pull(text: &str) -> Result<Asked, String> {
    match text {
        "true" => Ok(Asked(Value::Bool(true))),
        "false" => Ok(Asked(Value::Bool(false))),
        "" => Ok(Asked(Value::from(""))),
        _ => Err("write true, false, or nothing between quotes".to_owned()),
    }
}

pub(super) fn run(args: &Services) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(write) => NOUN.create(flags, &write.object, &Patch::of(write)),
        Command::Update(write) => NOUN.update(flags, &write.object, &Patch::of(write)),
        Command::Config(args) => config(flags, args),
        Command::Delete(args) => NOUN.delete(flags, args, false),
    }
}

fn config(flags: &ClientFlags, args: &Config) -> Result<(), CliError> {
    let directory = match &args.write {
        Some(folder) => {
            let absolute = folder.canonicalize().map_err(|error| {
                CliError::Usage(format!("cannot write into `{}`: {error}", folder.display()))
            })?;
            Some(absolute.to_string_lossy().into_owned())
        }
        None => args.directory.clone(),
    };
    let mut request = Request::new(Method::GET, path(&["services", &args.object, "registry-config"])?);
    request.query.extend(directory.map(|directory| ("directory", directory)));
    let found = flags.connect()?.send(request)?.body;
    if !flags.output().is_table() {
        return flags.output().value(&found);
    }
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |field: &str| found.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    for file in list("files") {
        let (path, content) = (text(&file, "path"), text(&file, "content"));
        if let Some(folder) = &args.write {
            // Only its name is taken from the answer.
            let Some(name) = Path::new(&path).file_name() else {
                return Err(CliError::Failed("the answer names no file".to_owned()));
            };
            let place = folder.join(name);
            if place.is_symlink() {
                let place = place.display();
                return Err(CliError::Failed(format!("`{place}` is a link: remove it, or write elsewhere")));
            }
            let mut out = Destination::open(Some(&place), PUBLIC)?;
            out.write(&content)?;
            out.finish()?;
            eprintln!("wrote {}", clean(&path));
        } else {
            let content: Vec<String> = content.lines().map(clean).collect();
            eprintln!("# {}\n{}\n", clean(&path), content.join("\n"));
        }
    }
    for note in list("notes") {
        eprintln!("# {}", clean(note.as_str().unwrap_or_default()));
    }
    let configuration: Vec<String> = text(&found, "configuration").lines().map(clean).collect();
    write(&(configuration.join("\n") + "\n"))
}

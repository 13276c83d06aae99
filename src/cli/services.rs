//! `portreeve services`: the commands for services.

use super::client::{Client, Request, path};
use super::connection::ClientFlags;
use super::destination::{Destination, PUBLIC, There};
use super::edit::Patch;
use super::error::CliError;
use super::escape::clean;
use super::given;
use super::objects::{DeleteArgs, ListArgs, NameArgs, Noun};
use super::output::write;
use crate::domain::verifier::Profile;
use crate::outbound::Method;
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::ErrorKind;
use std::path::{Path, PathBuf, absolute};
use strum::VariantNames;

const NOUN: Noun = Noun {
    word: "service",
    path: "services",
    columns: &[
        "name",
        "token_ttl",
        "offline_tokens",
        "push_includes_pull",
        "password_grant",
        "events",
        "search",
        "crawl",
        "profile",
        "trust",
        "key_id",
        "managed_by",
    ],
    has_credentials: false,
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
    #[command(visible_alias = "ls")]
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
    /// Print the settings for the registry's configuration, and the files that the registry must have
    ///
    /// The configuration goes to standard output. The files (a certificate or a key set) and notes go to
    /// standard error; with --write the command writes the files, and prints only their names there.
    #[command(after_help = "Examples:\n  portreeve services config registry\n  \
        portreeve services config registry --write /etc/docker/registry > auth.yml\n  \
        portreeve services config registry --format env > registry.env")]
    Config(Config),
    /// Delete a service: tokens are no longer issued for it
    #[command(after_help = "Example:\n  portreeve services delete registry.example.org")]
    Delete(DeleteArgs),
}

#[derive(Debug, Args)]
struct Config {
    /// The service's name
    #[arg(value_name = "NAME")]
    object: String,
    /// The registry's folder for the files; without this flag, the usual folder of this kind of registry
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    directory: Option<String>,
    /// Write the files into this folder instead of printing them. The command makes a missing folder, and never
    /// replaces a file of another registry
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Form of the configuration [default: yaml]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Form>,
    /// Also print the settings of event reports, in which you replace ACCESS_KEY with an access key
    #[arg(long)]
    events: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// The form of the registry's configuration file; JSON for zot
    Yaml,
    /// Environment variables
    Env,
}

#[derive(Debug, Args, Serialize)]
struct Write {
    /// The name of the service, which the registry calls `service`
    #[arg(value_name = "NAME")]
    #[serde(skip)]
    object: String,
    /// The time for which clients may use a token, 60 to 3600 [default at creation: 300]
    #[arg(long, value_name = "SECONDS")]
    token_ttl: Option<u32>,
    /// Give a refresh token to people who log in [default at creation: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    offline_tokens: Option<bool>,
    /// Read `push` as `pull,push`: true or false; an empty text means as the profile says
    #[arg(long, value_name = "BOOL", value_parser = push_includes_pull)]
    push_includes_pull: Option<Asked>,
    /// Accept passwords with grant_type=password; access keys are always accepted [default at creation: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    password_grant: Option<bool>,
    /// Record the events that the registry reports [default at creation: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    events: Option<bool>,
    /// Serve docker search and the catalogue; each person gets the names that they may pull [default at
    /// creation: false]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    search: Option<bool>,
    /// The address at which the server reads the registry's content, for example http://127.0.0.1:5000; an
    /// empty text turns crawls off
    #[arg(long, value_name = "URL")]
    #[serde(skip)]
    crawl_registry: Option<String>,
    /// The robot as which the server reads the registry's content
    #[arg(long, value_name = "ROBOT")]
    #[serde(skip)]
    crawl_robot: Option<String>,
    /// The file, on the server's machine, of the authorities that sign the registry's certificate; an empty
    /// text means the authorities of the system
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    crawl_ca: Option<String>,
    /// The kind of registry [default at creation: distribution-2]
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(Profile::VARIANTS))]
    profile: Option<String>,
    /// The way in which the registry knows keys: bundle, jwks or certificate; an empty text means as the
    /// profile says
    #[arg(long, value_name = "WAY", value_parser = given::trust)]
    trust: Option<String>,
    /// The form of key ids, for the profile custom: libtrust or thumbprint; an empty text means as the
    /// profile says
    #[arg(long, value_name = "FORM", value_parser = given::key_id)]
    key_id: Option<String>,
    /// Mark of the tool that manages the service; an empty text removes the mark
    #[arg(long, value_name = "TEXT")]
    managed_by: Option<String>,
}

impl Write {
    /// Returns the fields to change. All flags about crawls together set the field `crawl`. An empty address of the
    /// registry sets `crawl` to null.
    fn patch(&self) -> Patch {
        let mut patch = Patch::of(self);
        if self.crawl_registry.as_deref() == Some("") {
            patch.fields.insert("crawl".to_owned(), Value::Null);
            return patch;
        }
        let text = |given: &Option<String>| given.clone().map(Value::String);
        let file = text(&self.crawl_ca).map(|file| if file == "" { Value::Null } else { file });
        let given =
            [("registry", text(&self.crawl_registry)), ("robot", text(&self.crawl_robot)), ("ca_file", file)];
        let crawl: Map<String, Value> =
            given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
        if !crawl.is_empty() {
            patch.fields.insert("crawl".to_owned(), Value::Object(crawl));
        }
        patch
    }
}

/// A flag with three values, as JSON: true, false, or an empty text for the value of the profile.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct Asked(Value);

fn push_includes_pull(text: &str) -> Result<Asked, String> {
    match text {
        "true" => Ok(Asked(Value::Bool(true))),
        "false" => Ok(Asked(Value::Bool(false))),
        "" => Ok(Asked(Value::from(""))),
        _ => Err("write true, false, or an empty text between quotes".to_owned()),
    }
}

pub(super) fn run(args: &Services) -> Result<(), CliError> {
    let flags = &args.flags;
    match &args.command {
        Command::List(list) => NOUN.list(flags, list),
        Command::Show(name) => NOUN.show(flags, name),
        Command::Create(write) => NOUN.create(flags, &write.object, &write.patch()),
        Command::Update(write) => NOUN.update(flags, &write.object, &write.patch()),
        Command::Config(args) => config(flags, args),
        Command::Delete(args) => NOUN.delete(flags, args, false),
    }
}

/// Returns the absolute path of a folder, with symbolic links resolved. The folder need not exist yet.
fn whole_path(folder: &Path) -> Result<PathBuf, CliError> {
    let absolute = absolute(folder).map_err(|error| unwritable(folder, &error))?;
    let there = absolute.ancestors().find(|above| above.exists()).unwrap_or(Path::new("/"));
    let real = there.canonicalize().map_err(|error| unwritable(folder, &error))?;
    Ok(match absolute.strip_prefix(there) {
        Ok(rest) if rest.as_os_str().is_empty() => real,
        Ok(rest) => real.join(rest),
        Err(_) => absolute,
    })
}

fn unwritable(folder: &Path, error: &std::io::Error) -> CliError {
    CliError::Usage(format!("cannot write into `{}`: {error}", folder.display()))
}

/// Fails if the flags contradict each other.
fn check(flags: &ClientFlags, args: &Config) -> Result<(), CliError> {
    if args.events && args.format == Some(Form::Env) {
        return Err(CliError::Usage(
            "variables cannot name the endpoints of a registry: leave --format out with --events".to_owned(),
        ));
    }
    if args.write.is_some() && !flags.output().is_table() {
        return Err(CliError::Usage("--write writes the files themselves: leave --output out".to_owned()));
    }
    Ok(())
}

fn config(flags: &ClientFlags, args: &Config) -> Result<(), CliError> {
    check(flags, args)?;
    let directory = match &args.write {
        Some(folder) => Some(whole_path(folder)?.to_string_lossy().into_owned()),
        None => args.directory.clone(),
    };
    let mut request = Request::new(Method::GET, path(&["services", &args.object, "registry-config"])?);
    request.query.extend(directory.map(|directory| ("directory", directory)));
    request.query.extend((args.format == Some(Form::Env)).then(|| ("format", "env".to_owned())));
    let client = flags.connect()?;
    let found = client.send(request)?.body;
    if args.events && !found.get("notifications").is_some_and(Value::is_string) {
        return Err(CliError::Failed(
            "this registry cannot report events: its service has `events: false`, or the registry is zot"
                .to_owned(),
        ));
    }
    if !flags.output().is_table() {
        return flags.output().value(&found);
    }
    if let Some(folder) = &args.write {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let text =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |field: &str| found.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    for file in list("files") {
        let (path, content) = (text(&file, "path"), text(&file, "content"));
        if let Some(folder) = &args.write {
            // Only the file name of the answer's path is used, so the server cannot choose the folder.
            let Some(name) = Path::new(&path).file_name() else {
                return Err(CliError::Failed("the answer names no file".to_owned()));
            };
            let place = folder.join(name);
            if place.is_symlink() {
                let place = place.display();
                return Err(CliError::Failed(format!(
                    "`{place}` is a link: remove the link, or write into another folder"
                )));
            }
            check_free(&client, &args.object, &place, &content)?;
            let mut out = Destination::open(Some(&place), PUBLIC, There::Replace)?;
            out.write(&content)?;
            out.finish()?;
            aside!("wrote {}", clean(&path));
        } else {
            let content: Vec<String> = content.lines().map(clean).collect();
            aside!("# {}\n{}\n", clean(&path), content.join("\n"));
        }
    }
    for note in list("notes") {
        aside!("# {}", clean(note.as_str().unwrap_or_default()));
    }
    let configuration: Vec<String> = text(&found, "configuration").lines().map(clean).collect();
    write(&(configuration.join("\n") + "\n"))?;
    notifications(args, &text(&found, "notifications"))
}

/// Prints the settings that make a registry report events. Without `--events` they go to standard error as
/// comments, because somebody must put an access key into them.
fn notifications(args: &Config, block: &str) -> Result<(), CliError> {
    let lines: Vec<String> = block.lines().map(clean).collect();
    match (args.events, lines.is_empty()) {
        (_, true) => Ok(()),
        (true, false) => write(&(lines.join("\n") + "\n")),
        (false, false) => {
            aside!(
                "# to have the registry report pulls and pushes, with an access key in the place of ACCESS_KEY:"
            );
            lines.iter().for_each(|line| aside!("#   {line}"));
            Ok(())
        }
    }
}

/// Fails if the file at `place` is of another kind than `content`, or is for the registry of another service. An
/// earlier version of the same file may be replaced.
fn check_free(client: &Client, service: &str, place: &Path, content: &str) -> Result<(), CliError> {
    let there = match std::fs::read(place) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(CliError::Failed(format!("cannot read `{}`: {error}", place.display())));
        }
        Ok(there) => String::from_utf8_lossy(&there).into_owned(),
    };
    if there == content {
        return Ok(());
    }
    let shown = place.display();
    if !is_alike(&there, content) {
        return Err(CliError::Failed(format!(
            "`{shown}` holds something else: move this file away, or write into another folder"
        )));
    }
    for other in client.list(&path(&["services"])?, &[], None)? {
        let Some(name) = other.get("name").and_then(Value::as_str).filter(|name| *name != service) else {
            continue;
        };
        let request = Request::new(Method::GET, path(&["services", name, "registry-config"])?);
        let found = match client.send(request) {
            Ok(answer) => answer.body,
            // The server refuses to give the files of the other service, for example because that service has no
            // key yet. The file at `place` then counts as not for that service.
            Err(error) if error.status().is_some() => continue,
            Err(error) => return Err(error),
        };
        if found.pointer("/files/0/content").and_then(Value::as_str) == Some(there.as_str()) {
            return Err(CliError::Failed(format!(
                "`{shown}` is for the registry of `{}`: write into another folder",
                clean(name)
            )));
        }
    }
    Ok(())
}

/// Returns true if each text is one certificate, or if each text is a key set.
fn is_alike(there: &str, content: &str) -> bool {
    let is_key_set = |text: &str| {
        serde_json::from_str::<Value>(text).is_ok_and(|set| set.get("keys").is_some_and(Value::is_array))
    };
    let is_certificate = |text: &str| {
        text.trim_start().starts_with("-----BEGIN CERTIFICATE-----")
            && text.matches("-----BEGIN ").count() == 1
    };
    (is_key_set(there) && is_key_set(content)) || (is_certificate(there) && is_certificate(content))
}

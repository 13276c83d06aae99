//! `portreeve services`.

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
use serde_json::Value;
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
    /// Print what the registry's configuration must say, and the files that it must hold
    ///
    /// The configuration goes to standard output. The files (a certificate or a key set) and notes go to standard error;
    /// with --write the files are written, and only their names go there.
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
    /// Its name
    #[arg(value_name = "NAME")]
    object: String,
    /// The registry's folder for the files; where such registries usually have them when left out
    #[arg(long, value_name = "DIR", conflicts_with = "write")]
    directory: Option<String>,
    /// Write the files into this folder, which is made if it is missing, instead of printing them; what serves another
    /// registry stays as it is
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
    /// Form of the configuration [default: yaml]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Form>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// As its configuration file has it; JSON for zot
    Yaml,
    /// Environment variables
    Env,
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
    /// Whether passwords are accepted by grant_type=password; access keys always are [default of new ones: true]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    password_grant: Option<bool>,
    /// The kind of registry [default of new ones: distribution-2]
    #[arg(long, value_name = "PROFILE", value_parser = PossibleValuesParser::new(Profile::VARIANTS))]
    profile: Option<String>,
    /// How it knows keys: bundle, jwks or certificate; an empty one is what the profile says
    #[arg(long, value_name = "WAY", value_parser = given::trust)]
    trust: Option<String>,
    /// The form of key ids, for custom: libtrust or thumbprint; an empty one is what the profile says
    #[arg(long, value_name = "FORM", value_parser = given::key_id)]
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

/// The path of a folder that may be still to make, from the root and without links.
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

fn config(flags: &ClientFlags, args: &Config) -> Result<(), CliError> {
    if args.write.is_some() && !flags.output().is_table() {
        return Err(CliError::Usage("--write writes the files themselves: leave --output out".to_owned()));
    }
    let directory = match &args.write {
        Some(folder) => Some(whole_path(folder)?.to_string_lossy().into_owned()),
        None => args.directory.clone(),
    };
    let mut request = Request::new(Method::GET, path(&["services", &args.object, "registry-config"])?);
    request.query.extend(directory.map(|directory| ("directory", directory)));
    request.query.extend((args.format == Some(Form::Env)).then(|| ("format", "env".to_owned())));
    let client = flags.connect()?;
    let found = client.send(request)?.body;
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
            // Only its name is taken from the answer.
            let Some(name) = Path::new(&path).file_name() else {
                return Err(CliError::Failed("the answer names no file".to_owned()));
            };
            let place = folder.join(name);
            if place.is_symlink() {
                let place = place.display();
                return Err(CliError::Failed(format!("`{place}` is a link: remove it, or write elsewhere")));
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
    write(&(configuration.join("\n") + "\n"))
}

/// Fails if the file at `place` serves something else than what is to be written there: an earlier state of the same
/// file may be replaced.
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
            "`{shown}` holds something else: move it away, or write into another folder"
        )));
    }
    for other in client.list(&path(&["services"])?, &[], None)? {
        let Some(name) = other.get("name").and_then(Value::as_str).filter(|name| *name != service) else {
            continue;
        };
        let request = Request::new(Method::GET, path(&["services", name, "registry-config"])?);
        let found = match client.send(request) {
            Ok(answer) => answer.body,
            // Its key is not made yet, so the file is not of its registry.
            Err(error) if error.status().is_some() => continue,
            Err(error) => return Err(error),
        };
        if found.pointer("/files/0/content").and_then(Value::as_str) == Some(there.as_str()) {
            return Err(CliError::Failed(format!(
                "`{shown}` is for the registry of `{}`: write into a folder of its own",
                clean(name)
            )));
        }
    }
    Ok(())
}

/// Whether both are one certificate, or both a key set.
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

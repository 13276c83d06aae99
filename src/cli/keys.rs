//! `portreeve keys`: the signing keys, in the keys folder itself; running servers notice within a second.

use super::confirm::Yes;
use super::destination::{OutputArgs, PUBLIC};
use super::error::CliError;
use super::escape::clean;
use super::local::{load, with_log};
use super::output::{Format, Output, write};
use crate::app::keys::{self, Maintained};
use crate::app::{CommandError, Rewrap, rewrap_secrets};
use crate::causes::causes;
use crate::config::{Config, FlagSettings};
use crate::domain::service::ServiceName;
use crate::domain::shell;
use crate::manage::Changed;
use crate::token::{KeyState, OperatorKey, Revoked, Rotated};
use clap::{Args, Subcommand, ValueEnum};
use std::error::Error;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Signing keys, on a machine that has the keys folder; running servers notice within a second
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  portreeve keys list\n  portreeve keys rotate\n  portreeve keys revoke signing-1a2b3c4d\n\n\
    These are the keys that sign tokens. For the keys that machines sign in with, see `portreeve access-keys`."
)]
pub(super) struct Keys {
    #[command(flatten)]
    settings: KeysArgs,
    #[command(subcommand)]
    command: Command,
}

/// Where keys and audit trail are.
#[derive(Debug, Args)]
struct KeysArgs {
    /// Settings file of the server [env: PORTREEVE_CONFIG] [default: portreeve.toml, if it exists]
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Folder of the signing keys [env: PORTREEVE_KEYS_DIR] [default: keys]
    #[arg(long, value_name = "DIR", global = true)]
    keys_dir: Option<String>,
    /// Database: sqlite://FILE or postgres://… [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]
    #[arg(long, value_name = "URL", global = true)]
    database_url: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the keys
    #[command(after_help = "Examples:\n  portreeve keys list\n  portreeve keys list -o json")]
    #[command(visible_alias = "ls")]
    List {
        /// Form of the output
        #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
        output: Format,
    },
    /// Make the CA and the first key in an empty folder; needs neither server nor database
    ///
    /// For keys that a Secret of Kubernetes is to hold. A server makes its keys by itself where it may write. A file of
    /// yours that ends with `.key` in the folder becomes the first key.
    #[command(after_help = "Example:\n  portreeve keys init --keys-dir secret")]
    Init,
    /// Renew certificates and remove retired keys, as far as that is due
    ///
    /// For keys that servers may only read: run it from time to time. A server that may write the folder does it by
    /// itself. If the database is there, keys are also made for services that need one of their own.
    #[command(after_help = "Examples:\n  portreeve keys maintain --keys-dir keys\n  \
        portreeve keys maintain --keys-dir keys --database-url postgres://portreeve@db.example.org/portreeve")]
    Maintain,
    /// Make a new key for the secrets that the database keeps, and seal all of them with it
    ///
    /// These are secrets of identity providers. The key is in secrets.key of the keys folder, and is made where it is
    /// missing. Servers may be running. What no key of the folder opens is named, and stays as it is.
    ///
    /// Where each server has a copy of the folder: run it with `--keep-older`, copy secrets.key into the other folders,
    /// then run it with `--drop-older`, and copy the file again.
    #[command(
        after_help = "Examples:\n  portreeve keys rewrap-secrets\n  portreeve keys rewrap-secrets --keep-older"
    )]
    RewrapSecrets(RewrapArgs),
    /// Take a key that you bring as the next one; `rotate` makes it sign
    ///
    /// PEM without pass phrase: PKCS#8, PKCS#1 or SEC1; P-256, P-384, Ed25519, or RSA of at least 2048 bits.
    #[command(after_help = "Examples:\n  portreeve keys add hsm.key\n  \
        portreeve keys add mine.key --certificate chain.pem --name mine\n  \
        portreeve keys add zot.key --service zot.example.org")]
    Add(Add),
    /// Make another key sign: the next one, or a new one
    ///
    /// Registries that trust the CA (`rootcertbundle`) accept the new key at once, without any change. Where a
    /// registry has to be told of a key (`--service`), or a certificate is not of our CA, the first run publishes
    /// the key, and a second one with --confirm lets it sign.
    #[command(
        after_help = "Examples:\n  portreeve keys rotate\n  portreeve keys rotate --service zot.example.org\n  \
        portreeve keys rotate --service zot.example.org --confirm"
    )]
    Rotate {
        /// The service whose own key it is
        #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
        service: Option<ServiceName>,
        /// The registry knows the next key: let it sign
        #[arg(long)]
        confirm: bool,
    },
    /// Take back a key that does not sign yet, or end the publication of one that no longer does
    ///
    /// A retired key is published for 63 minutes by itself, as long as a token signed by it can live.
    #[command(after_help = "Example:\n  portreeve keys retire signing-1a2b3c4d")]
    Retire {
        /// Its name, from `keys list`
        #[arg(value_name = "NAME")]
        key: String,
    },
    /// End a key at once, because it was stolen: another one signs within two seconds
    #[command(after_help = "Examples:\n  portreeve keys revoke signing-1a2b3c4d\n  \
        portreeve keys revoke signing-1a2b3c4d --replace-ca --yes")]
    Revoke {
        /// Its name, from `keys list`
        #[arg(value_name = "NAME")]
        key: String,
        /// Make the CA anew as well, so that registries refuse the stolen key once they have the new ca.crt
        #[arg(long)]
        replace_ca: bool,
        /// The database cannot be reached: neither wait for a turn nor tell the audit trail
        #[arg(long)]
        without_database: bool,
        #[command(flatten)]
        yes: Yes,
    },
    /// Print what registries need: public, never a private key
    #[command(after_help = "Examples:\n  portreeve keys export portreeve-ca.crt\n  \
        portreeve keys export --service zot.example.org --form certificate portreeve.crt")]
    Export {
        #[command(flatten)]
        output: OutputArgs,
        /// Only keys that sign for this service alone
        #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
        service: Option<ServiceName>,
        /// What to print [default: ca, or jwks for a service]
        #[arg(long, value_enum, value_name = "FORM")]
        form: Option<Form>,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// The private key
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its certificate chain, the leaf first; the server's CA issues one when left out
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// What to call it; the file's name without its ending when left out
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The one service that it signs for
    #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
    service: Option<ServiceName>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// The certificate of the CA, PEM.
    Ca,
    /// The key set, JSON (RFC 7517).
    Jwks,
    /// The certificate of the next key, else of the one that signs, PEM.
    Certificate,
}

pub(super) fn run(args: Keys) -> Result<(), CliError> {
    let KeysArgs { config, keys_dir, database_url } = args.settings;
    let (config, _) = load(FlagSettings { config, keys_dir, database_url, ..FlagSettings::default() })?;
    // What cannot be cleaned up afterwards is told as a warning.
    with_log(config, "warn", |config| carry_out(&config, args.command))
}

/// What stays of the keys that seal secrets.
#[derive(Debug, Clone, Copy, Args)]
struct RewrapArgs {
    /// Leave the older keys in secrets.key: they go on to open what other servers seal with them
    #[arg(long)]
    keep_older: bool,
    /// Make no new key: seal what is not sealed with the newest one, and remove the older ones
    #[arg(long, conflicts_with = "keep_older")]
    drop_older: bool,
}

fn carry_out(config: &Config, command: Command) -> Result<(), CliError> {
    match command {
        Command::List { output } => {
            let columns = ["name", "state", "service", "algorithm", "created_at", "certificate_ends_at"];
            let listed = keys::list(config).map_err(CliError::local)?;
            Output::new(output).list(&columns, &listed)
        }
        Command::Init => {
            let key = keys::init(config).map_err(CliError::local)?;
            let folder = config.keys_dir.display();
            say(&format!("made a CA and the key `{key}`, which signs, in `{folder}`"))
        }
        Command::Maintain => maintain(config),
        Command::RewrapSecrets(args) => rewrap(config, args),
        Command::Add(args) => add(config, args),
        Command::Rotate { service, confirm } => rotate(config, service, confirm),
        Command::Retire { key } => {
            let state = told(keys::retire(config, key.clone()))?;
            say(&match state {
                KeyState::Next => format!("took back the key `{key}`, which did not sign"),
                _ => format!("the key `{key}` is no longer published"),
            })
        }
        Command::Revoke { key, replace_ca, without_database, yes } => {
            yes.confirm(&format!("end the signing key `{key}` at once"))?;
            let revoked = told(keys::revoke(config, key.clone(), replace_ca, without_database))?;
            say(&aftermath(&key, &revoked))
        }
        Command::Export { output, service, form } => export(config, &output, service.as_ref(), form),
    }
}

fn maintain(config: &Config) -> Result<(), CliError> {
    let Maintained { done, with_database } = keys::maintain(config).map_err(CliError::local)?;
    let done = told::<_, CommandError>(Ok(done))?;
    let mut lines = Vec::new();
    for (service, key) in &done.made {
        let whom = service.as_ref().map_or_else(String::new, |service| format!(" for `{service}`"));
        lines.push(format!("made the key `{key}`, which signs{whom}"));
    }
    lines.extend(done.renewed.iter().map(|key| format!("renewed the certificate of `{key}`")));
    lines.extend(done.forgotten.iter().map(|key| format!("removed the retired key `{key}`")));
    if lines.is_empty() {
        lines.push("nothing is due".to_owned());
    }
    if !with_database {
        let database = config.database_url.shown();
        lines.push(format!("there is no database `{database}`: keys of single services were not looked for"));
    }
    say(&lines.join("\n"))
}

fn export(
    config: &Config,
    output: &OutputArgs,
    service: Option<&ServiceName>,
    form: Option<Form>,
) -> Result<(), CliError> {
    let usual = if service.is_some() { Form::Jwks } else { Form::Ca };
    let text = match (form.unwrap_or(usual), service) {
        (Form::Ca, Some(_)) => {
            return Err(CliError::Failed(
                "a service with a key of its own has no use for the CA: leave --service out".to_owned(),
            ));
        }
        (Form::Ca, None) => keys::export_ca(config).map_err(CliError::local)?,
        (Form::Jwks, service) => keys::export_jwks(config, service).map_err(CliError::local)?,
        (Form::Certificate, service) => keys::export_certificate(config, service).map_err(CliError::local)?,
    };
    let mut out = output.open(PUBLIC)?;
    out.write(&text)?;
    out.finish().map(|_| ())
}

/// What was done; warns if the audit trail does not tell of it.
fn told<T, E: Error + 'static>(changed: Result<Changed<T>, E>) -> Result<T, CliError> {
    let changed = changed.map_err(CliError::local)?;
    if let Some(error) = changed.unrecorded {
        aside!("portreeve: done, but the audit trail does not tell of it: {}", causes(&error));
    }
    Ok(changed.what)
}

fn say(text: &str) -> Result<(), CliError> {
    write(&format!("{}\n", text.lines().map(clean).collect::<Vec<_>>().join("\n")))
}

fn rewrap(config: &Config, args: RewrapArgs) -> Result<(), CliError> {
    let rewrap = match (args.keep_older, args.drop_older) {
        (true, _) => Rewrap::KeepOlder,
        (_, true) => Rewrap::DropOlder,
        _ => Rewrap::Exchange,
    };
    let done = rewrap_secrets(config, rewrap).map_err(CliError::local)?;
    let key = if rewrap == Rewrap::DropOlder { "one key is left" } else { "there is a new key" };
    say(&format!("{key} in secrets.key; {} secrets are sealed with it", done.sealed))?;
    for what in &done.unopened {
        aside!("portreeve: cannot be opened: {}", clean(what));
    }
    if !done.unopened.is_empty() {
        aside!(
            "portreeve: set these client secrets again (`portreeve identity-providers update`); the people sign in again when their time is over"
        );
    }
    Ok(())
}

/// The flag that names a service, for a command that is printed.
fn service_flag(service: &ServiceName) -> String {
    shell::flag("--service", service.as_str())
}

fn add(config: &Config, args: Add) -> Result<(), CliError> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| CliError::Failed(format!("cannot read `{}`: {error}", path.display())))
    };
    let stem = || args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let name = args.name.clone().or_else(stem).unwrap_or_default();
    let new = OperatorKey {
        name: name.clone(),
        key: Zeroizing::new(read(&args.file)?),
        chain: args.certificate.as_deref().map(read).transpose()?,
        service: args.service.clone(),
    };
    let algorithm = told(keys::add(config, new))?;
    let flag = args.service.as_ref().map(service_flag).unwrap_or_default();
    let first = match (&args.certificate, &args.service) {
        (Some(_), None) => {
            "its certificate is not of the server's CA, so give registries the root of its chain as well, then "
                .to_owned()
        }
        (None, None) => String::new(),
        (_, Some(service)) => {
            let name = shell::argument(service.as_str());
            format!("give it to the registry (`portreeve services config{name}`), then ")
        }
    };
    let confirm = if first.is_empty() { "" } else { " --confirm" };
    say(&format!(
        "added the key `{name}` ({algorithm}) as the next one\n{first}run `portreeve keys rotate{flag}{confirm}` to let it sign"
    ))
}

fn rotate(config: &Config, service: Option<ServiceName>, confirm: bool) -> Result<(), CliError> {
    let flag = service.as_ref().map(service_flag).unwrap_or_default();
    let rotated = told(keys::rotate(config, service.clone(), confirm))?;
    say(&match rotated {
        Rotated::Signs { key, retired } => {
            let retired = retired.map_or_else(String::new, |old| {
                format!(
                    "\n`{old}` is retired: it stays published for 63 minutes, as long as its tokens may live"
                )
            });
            format!("`{key}` signs now; every server uses it within two seconds{retired}")
        }
        Rotated::Waits { key, was_there } => {
            let what = if was_there { "waits to sign" } else { "is published, and does not sign yet" };
            let how = match service {
                Some(service) => format!(
                    "1. put what `portreeve services config{}` prints in its place at the registry\n2. restart the registry",
                    shell::argument(service.as_str())
                ),
                None => "1. see that the rootcertbundle of every registry holds the root of its certificate (that of the server's CA is what `portreeve keys export` prints)\n2. restart the registries that did not hold it".to_owned(),
            };
            format!("`{key}` {what}\n{how}\n3. run `portreeve keys rotate{flag} --confirm`")
        }
    })
}

/// What is left to do when a key was stolen.
fn aftermath(key: &str, revoked: &Revoked) -> String {
    let mut lines = vec![match &revoked.successor {
        Some(successor) => {
            format!("ended the key `{key}`; `{successor}` signs now, at every server within two seconds")
        }
        None => match &revoked.no_successor {
            Some(error) => format!(
                "ended the key `{key}`; NO KEY SIGNS in its place, because {}: a server makes one as soon as it can, until then nobody gets a token",
                causes(error)
            ),
            None if revoked.state == KeyState::Signing => {
                format!("ended the key `{key}`; no key signs in its place before a server makes one")
            }
            None => format!("ended the key `{key}`, which did not sign"),
        },
    }];
    if let Some(service) = &revoked.service {
        let name = shell::argument(service.as_str());
        let has = format!("has what `portreeve services config{name}` prints, and a restart");
        lines.push(match revoked.successor {
            Some(_) => format!("the registry of `{service}` refuses tokens until it {has}"),
            None => format!("if the registry of `{service}` was given this key, it trusts it until it {has}"),
        });
    }
    if let Some(end) = revoked.certificate_ends_at {
        lines.push(format!(
            "registries that trust the CA know of no revocation: whoever has the key and its certificate can write tokens for them until {end}. If it was stolen, run `portreeve keys revoke NAME --replace-ca` on the key that signs now, and give every registry the new ca.crt"
        ));
    }
    if revoked.replaced_ca {
        lines.push(
            "the CA is new: registries refuse every token until they have the new ca.crt (`portreeve keys export`) as rootcertbundle, and a restart".to_owned(),
        );
    }
    lines.join("\n")
}

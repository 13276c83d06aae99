//! `portreeve keys`: the commands for the keys folder. Running servers notice new signing keys within a second.

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

/// Signing keys, on a machine that has the keys folder; running servers notice changes within a second
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

/// The flags that say where the keys and the audit trail are.
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
    /// The keys can be used as a Kubernetes Secret. A server that may write its keys folder makes its keys
    /// itself. If the folder contains a file of yours that ends with `.key`, that file becomes the first key.
    #[command(after_help = "Example:\n  portreeve keys init --keys-dir secret")]
    Init,
    /// Renew certificates and remove retired keys, if that is due
    ///
    /// If servers may only read their keys folder, run this command from time to time. A server that may write the
    /// folder does this work itself. If there is a database, the command also makes keys for services that need keys
    /// of their own.
    #[command(after_help = "Examples:\n  portreeve keys maintain --keys-dir keys\n  \
        portreeve keys maintain --keys-dir keys --database-url postgres://portreeve@db.example.org/portreeve")]
    Maintain,
    /// Make a new key, and seal all secrets in the database with the new key
    ///
    /// These are secrets of identity providers. The key is in the file secrets.key of the keys folder; a
    /// missing file is made. Servers may run meanwhile. The command names each secret that no key of the
    /// folder opens, and does not change that secret.
    ///
    /// If each server has a copy of the folder: run the command with `--keep-older`, copy secrets.key into the other
    /// folders, run the command again with `--drop-older`, and copy the file again.
    #[command(
        after_help = "Examples:\n  portreeve keys rewrap-secrets\n  portreeve keys rewrap-secrets --keep-older"
    )]
    RewrapSecrets(RewrapArgs),
    /// Add a key of your own as the next key; `rotate` makes it sign
    ///
    /// PEM without pass phrase: PKCS#8, PKCS#1 or SEC1; P-256, P-384, Ed25519, or RSA of at least 2048 bits.
    #[command(after_help = "Examples:\n  portreeve keys add hsm.key\n  \
        portreeve keys add mine.key --certificate chain.pem --name mine\n  \
        portreeve keys add zot.key --service zot.example.org")]
    Add(Add),
    /// Let another key sign: the next key, or a new one
    ///
    /// Registries that trust the CA (`rootcertbundle`) accept the new key at once. Registries must get the key first
    /// if it is for one service (`--service`), or if its certificate is not from the server's CA: the first run only
    /// publishes the key, and a second run with --confirm lets it sign.
    #[command(
        after_help = "Examples:\n  portreeve keys rotate\n  portreeve keys rotate --service zot.example.org\n  \
        portreeve keys rotate --service zot.example.org --confirm"
    )]
    Rotate {
        /// The service that has keys of its own
        #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
        service: Option<ServiceName>,
        /// Confirm that the registry has the next key, and let the key sign
        #[arg(long)]
        confirm: bool,
    },
    /// Withdraw a key that does not sign yet, or stop publishing a key that no longer signs
    ///
    /// A retired key stays published for 63 minutes, the longest life of a token that it signed. Then it is removed.
    #[command(after_help = "Example:\n  portreeve keys retire signing-1a2b3c4d")]
    Retire {
        /// The key's name, from `keys list`
        #[arg(value_name = "NAME")]
        key: String,
    },
    /// Revoke a stolen key at once: another key signs within two seconds
    #[command(after_help = "Examples:\n  portreeve keys revoke signing-1a2b3c4d\n  \
        portreeve keys revoke signing-1a2b3c4d --replace-ca --yes")]
    Revoke {
        /// The key's name, from `keys list`
        #[arg(value_name = "NAME")]
        key: String,
        /// Also make a new CA, so that registries refuse the stolen key once they have the new ca.crt
        #[arg(long)]
        replace_ca: bool,
        /// Do not use the database: wait for no other change of the keys, and write no audit record
        #[arg(long)]
        without_database: bool,
        #[command(flatten)]
        yes: Yes,
    },
    /// Print the public keys or certificates that registries need; never a private key
    #[command(after_help = "Examples:\n  portreeve keys export portreeve-ca.crt\n  \
        portreeve keys export --service zot.example.org --form certificate portreeve.crt")]
    Export {
        #[command(flatten)]
        output: OutputArgs,
        /// Only the keys of this service, if it has keys of its own
        #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
        service: Option<ServiceName>,
        /// What to print [default: ca, or jwks for a service]
        #[arg(long, value_enum, value_name = "FORM")]
        form: Option<Form>,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// The file with the private key
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The key's certificate chain, the leaf first; without it the server's CA issues a certificate
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// The name of the key; the file's name without its ending when left out
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The only service that the key signs for
    #[arg(long, value_name = "NAME", value_parser = ServiceName::parse)]
    service: Option<ServiceName>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// The certificate of the CA, PEM.
    Ca,
    /// The key set, JSON (RFC 7517).
    Jwks,
    /// The certificate, PEM, of the next key or, without a next key, of the key that signs.
    Certificate,
}

pub(super) fn run(args: Keys) -> Result<(), CliError> {
    let KeysArgs { config, keys_dir, database_url } = args.settings;
    let (config, _) = load(FlagSettings { config, keys_dir, database_url, ..FlagSettings::default() })?;
    // Turns the log on: if an old file cannot be removed, only a warning in the log says so.
    with_log(config, "warn", |config| carry_out(&config, args.command))
}

/// The treatment of the older keys that seal secrets.
#[derive(Debug, Clone, Copy, Args)]
struct RewrapArgs {
    /// Leave the older keys in secrets.key: they still open secrets that other servers seal with them
    #[arg(long)]
    keep_older: bool,
    /// Make no new key: seal all secrets with the newest key, and remove the older keys
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
                KeyState::Next => format!("withdrew the key `{key}`, which did not sign"),
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
        lines
            .push(format!("there is no database `{database}`: the keys of single services were not checked"));
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

/// Returns the result of a change. Warns if the audit trail has no record of the change.
fn told<T, E: Error + 'static>(changed: Result<Changed<T>, E>) -> Result<T, CliError> {
    let changed = changed.map_err(CliError::local)?;
    if let Some(error) = changed.unrecorded {
        aside!("portreeve: done, but the audit trail has no record of it: {}", causes(&error));
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
        aside!("portreeve: cannot open the secret: {}", clean(what));
    }
    if !done.unopened.is_empty() {
        aside!(
            "portreeve: set these client secrets again (`portreeve identity-providers update`); the people must sign in again when their last sign-in ends"
        );
    }
    Ok(())
}

/// Returns the flag that names a service, for a printed command.
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
            "the key's certificate is not from the server's CA, so give registries the root of its chain as well, then "
                .to_owned()
        }
        (None, None) => String::new(),
        (_, Some(service)) => {
            let name = shell::argument(service.as_str());
            format!("give the key to the registry (`portreeve services config{name}`), then ")
        }
    };
    let confirm = if first.is_empty() { "" } else { " --confirm" };
    say(&format!(
        "added the key `{name}` ({algorithm}) as the next one\n{first}run `portreeve keys rotate{flag}{confirm}` to let the key sign"
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
                    "1. install the output of `portreeve services config{}` at the registry\n2. restart the registry",
                    shell::argument(service.as_str())
                ),
                None => "1. make sure that the rootcertbundle of every registry contains the root of this key's certificate (if the server's CA signed it, `portreeve keys export` prints that root)\n2. restart the registries whose rootcertbundle you changed".to_owned(),
            };
            format!("`{key}` {what}\n{how}\n3. run `portreeve keys rotate{flag} --confirm`")
        }
    })
}

/// Describes the revocation of a key, and the work that remains for the operator.
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
        let has = format!("has the output of `portreeve services config{name}`, and a restart");
        lines.push(match revoked.successor {
            Some(_) => format!("the registry of `{service}` refuses tokens until it {has}"),
            None => format!("if the registry of `{service}` has this key, it trusts the key until it {has}"),
        });
    }
    if let Some(end) = revoked.certificate_ends_at {
        lines.push(format!(
            "registries that trust the CA do not learn of the revocation: everybody who has the key and its certificate can write tokens for them until {end}. If the key was stolen, run `portreeve keys revoke NAME --replace-ca` on the key that signs now, and give every registry the new ca.crt"
        ));
    }
    if revoked.replaced_ca {
        lines.push(
            "the CA is new: registries refuse every token until they have the new ca.crt (`portreeve keys export`) as rootcertbundle, and a restart".to_owned(),
        );
    }
    lines.join("\n")
}

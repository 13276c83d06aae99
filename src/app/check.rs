//! Finds out what `serve` would do, without doing it.

use super::error::{CommandError, StartError};
use super::secrets::keys_folder;
use super::{first_start, runtime, setting_warnings, tls};
use crate::causes::causes;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::secret::WeakPassword;
use crate::snapshot::Snapshot;
use crate::storage::{Found, Store, StoreError, newest_schema};
use crate::token::{Foreseen, install_crypto_provider};
use std::fmt::Display;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The examined thing is as it should be.
    Fine,
    /// A start would carry this out.
    Would,
    /// An operator should know this.
    Warning,
    /// A start would fail for this reason.
    Error,
}

/// One finding of the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The severity of the finding.
    pub level: Level,
    /// The subject of the finding in one word, for example `database`.
    pub about: &'static str,
    /// The text of the finding.
    pub text: String,
}

/// The result of the check.
#[derive(Debug, Default)]
pub struct Findings {
    /// All findings, in order.
    pub all: Vec<Finding>,
    /// The addresses and locks in use, perhaps by the server that is to be restarted. A start fails until
    /// they are free.
    pub once_free: Vec<String>,
}

impl Findings {
    fn note(&mut self, level: Level, about: &'static str, text: impl Display) {
        self.all.push(Finding { level, about, text: text.to_string() });
    }

    fn fault(&mut self, about: &'static str, error: &(dyn std::error::Error + 'static)) {
        self.note(Level::Error, about, causes(error));
    }

    fn in_use(&mut self, about: &'static str, what: String, text: impl Display) {
        self.once_free.push(what);
        self.note(Level::Warning, about, text);
    }

    /// Returns true if no finding is an error. The check then knows no reason why a start would fail, except addresses
    /// and locks in use.
    #[must_use]
    pub fn is_startable(&self) -> bool {
        self.all.iter().all(|finding| finding.level != Level::Error)
    }
}

/// Examines the addresses, the TLS files, the databases, the keys and the first objects that `serve` would use with
/// these settings, and says what it would do. Changes nothing outside this process.
pub fn check(config: &Config, clock: &Clock) -> Result<Findings, CommandError> {
    install_crypto_provider();
    let mut findings = Findings::default();
    check_addresses(config, &mut findings);
    check_tls(config, clock, &mut findings);
    let found =
        runtime::for_command().map_err(CommandError::Start)?.block_on(check_database(config, &mut findings));
    runtime::for_command().map_err(CommandError::Start)?.block_on(check_events(config, &mut findings));
    check_keys(config, clock, found.as_ref(), &mut findings);
    if let Some(found) = &found {
        check_first_objects(config, found, &mut findings);
    }
    Ok(findings)
}

fn check_addresses(config: &Config, findings: &mut Findings) {
    check_address(config, config.listen, ("listen", "listen"), findings);
    if let Some(address) = config.internal_listen {
        check_address(config, address, ("internal", "internal_listen"), findings);
    }
    for warning in setting_warnings(config, config.listen) {
        let about = match warning.code {
            "realm" => "realm",
            "plain-http" => "tls",
            _ => "listen",
        };
        findings.note(Level::Warning, about, warning);
    }
}

/// Checks whether the server could listen at an address. `about` is the subject of the findings. `key` is the
/// key of the setting with the address.
fn check_address(
    config: &Config,
    address: SocketAddr,
    (about, key): (&'static str, &'static str),
    findings: &mut Findings,
) {
    match TcpListener::bind(address) {
        Ok(_) => findings.note(Level::Fine, about, format_args!("{address} is free")),
        // The server that is to be restarted may use the address, so this is only a warning.
        Err(error) if error.kind() == ErrorKind::AddrInUse => findings.in_use(
            about,
            address.to_string(),
            format_args!(
                "{address} is in use: a start fails until the program that uses it, perhaps a running server, is stopped"
            ),
        ),
        Err(source) => {
            let setting = config.places.name(key);
            findings.fault(about, &StartError::Listen { address, setting, source });
        }
    }
}

fn check_tls(config: &Config, clock: &Clock, findings: &mut Findings) {
    match tls::open(config, clock) {
        Ok(None) => findings.note(Level::Fine, "tls", "none: plain http"),
        Ok(Some(tls)) => {
            findings.note(Level::Fine, "tls", format_args!("the certificate ends at {}", tls.end()));
            for warning in tls.warnings(clock.now()) {
                findings.note(Level::Warning, "tls", warning);
            }
            if let Err(error) = tls.server_config() {
                findings.fault("tls", &error);
            }
        }
        Err(error) => findings.fault("tls", &error),
    }
}

/// Checks the main database. Returns `None` if it cannot be used.
async fn check_database(config: &Config, findings: &mut Findings) -> Option<Found> {
    let url = config.database_url.expose();
    match look_into(url, findings).await {
        Ok(found) => Some(found),
        Err(error) => {
            findings.fault("database", &error);
            None
        }
    }
}

/// Checks the database of events, unless it is the main database.
async fn check_events(config: &Config, findings: &mut Findings) {
    let url = config.events_database_url.expose();
    if url == config.database_url.expose() {
        return;
    }
    // One server locks both databases. If it holds the lock of the main database, a finding about the lock
    // exists already.
    let is_held = matches!(Store::held_by(config.database_url.expose()), Ok(Some(_)));
    if let Err(error) = look_at_events(url, is_held, findings).await {
        findings.fault("events", &error);
    }
}

async fn look_at_events(url: &str, is_held: bool, findings: &mut Findings) -> Result<(), StoreError> {
    if let Some(lock) = Store::held_by(url)?.filter(|_| !is_held) {
        let lock = lock.display().to_string();
        let held = format!("it is in use: a start fails until the server that holds `{lock}` is stopped");
        findings.in_use("events", lock, held);
    }
    match Store::look_at(url).await? {
        // Only a file can be missing, and the URL of a file has no password.
        None => {
            findings.note(Level::Would, "events", format_args!("make `{url}` for the events of registries"))
        }
        Some(store) => {
            let (kind, bytes) = (store.kind(), store.bytes().await);
            store.close().await;
            findings.note(Level::Fine, "events", format_args!("{kind}, {} bytes", bytes?));
        }
    }
    Ok(())
}

async fn look_into(url: &str, findings: &mut Findings) -> Result<Found, StoreError> {
    if let Some(lock) = Store::held_by(url)? {
        let lock = lock.display().to_string();
        let held = format!("it is in use: a start fails until the server that holds `{lock}` is stopped");
        findings.in_use("database", lock, held);
    }
    let Some(store) = Store::look_at(url).await? else {
        // Only a file can be missing, and the URL of a file has no password.
        let make = format!("make `{url}`, with schema {}", newest_schema());
        findings.note(Level::Would, "database", make);
        return Ok(Found::default());
    };
    let result = look_through(&store, findings).await;
    store.close().await;
    result
}

async fn look_through(store: &Store, findings: &mut Findings) -> Result<Found, StoreError> {
    let found = store.inspect().await?;
    if found.foreign > 0 {
        let others = format!("it holds {} of other programs as well", count(found.foreign, "table"));
        findings.note(Level::Warning, "database", others);
    }
    if found.steps.is_empty() {
        let snapshot = Snapshot::load(&mut store.read().await?).await?;
        let (kind, schema, rules) = (store.kind(), found.schema, count(snapshot.policy.len(), "rule"));
        let fine = format!("{kind}, schema {schema}, {rules}, number of the last change: {}", snapshot.seq());
        findings.note(Level::Fine, "database", fine);
    } else {
        let steps: Vec<String> = found.steps.iter().map(|(step, name)| format!("{step} ({name})")).collect();
        let (from, to) = (found.schema, newest_schema());
        let migrate = format!("bring the schema from {from} to {to}: {}", steps.join(", "));
        findings.note(Level::Would, "database", migrate);
    }
    Ok(found)
}

fn check_keys(config: &Config, clock: &Clock, found: Option<&Found>, findings: &mut Findings) {
    let in_use = found.is_some_and(|found| found.in_use);
    let path = config.keys_dir.display();
    match keys_folder(config).foresee(clock.now()) {
        Err(error) => findings.fault("keys", &error),
        Ok(Foreseen::Create { is_there: false, .. }) if in_use => {
            findings.fault("keys", &StartError::KeysGone(config.keys_dir.clone()));
        }
        Ok(Foreseen::Create { is_there, operator_key, has_ca }) => {
            let folder = if is_there { "in" } else { "make the folder" };
            let ca = if has_ca { "with the existing CA" } else { "make a CA" };
            let key = match operator_key {
                Some(name) => format!("let the key `{name}` sign"),
                None => "make a signing key".to_owned(),
            };
            findings.note(Level::Would, "keys", format_args!("{folder} `{path}`: {ca}, {key}"));
            if in_use {
                let new = "the database is in use, and its keys are not in the folder: registries will need the new ca.crt";
                findings.note(Level::Warning, "keys", new);
            }
        }
        Ok(Foreseen::Use { keyring, due, read_only }) => {
            let keys = keyring.iter().flat_map(|keyring| keyring.keys()).count();
            if keyring.is_some() {
                let keys = count(keys, "signing key");
                findings.note(Level::Fine, "keys", format_args!("`{path}` holds {keys}"));
            }
            let level = if read_only { Level::Warning } else { Level::Would };
            let not = if read_only { "cannot, because the folder is read-only: " } else { "" };
            for key in due.renewed {
                findings.note(level, "keys", format_args!("{not}renew the certificate of `{key}`"));
            }
            for key in due.forgotten {
                findings.note(level, "keys", format_args!("{not}remove the retired key `{key}`"));
            }
            for warning in keyring.iter().flat_map(|keyring| keyring.warnings(clock.now())) {
                findings.note(Level::Warning, "keys", warning);
            }
        }
    }
}

/// Returns a number with its noun, in the singular or the plural.
fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

/// Reports the administrator and the services that a start would make, warnings about services, and the stored
/// services. Does not report the first rule and its group, which a first start makes as well.
fn check_first_objects(config: &Config, found: &Found, findings: &mut Findings) {
    if !found.in_use {
        let administrator = first_start::ADMINISTRATOR;
        let weak: Option<WeakPassword> =
            config.admin_password.as_ref().and_then(|password| password.check(administrator).err());
        match (weak, &config.admin_password) {
            (Some(weak), _) => findings.fault("administrator", &StartError::AdminPassword(weak)),
            (None, Some(_)) => findings.note(
                Level::Would,
                "administrator",
                format_args!("make `{administrator}`, with the password in PORTREEVE_ADMIN_PASSWORD"),
            ),
            (None, None) => {
                let file = config.keys_dir.join(first_start::PASSWORD_FILE);
                let make = format!("make `{administrator}`, with a random password in `{}`", file.display());
                findings.note(Level::Would, "administrator", make);
            }
        }
    }
    let usual = || if found.in_use { Vec::new() } else { vec![first_start::SERVICE.to_owned()] };
    let wanted = match &config.services {
        Some(names) => names.iter().map(ToString::to_string).collect(),
        None => usual(),
    };
    let missing = wanted.iter().filter(|name| !found.services.contains(name));
    for name in missing {
        findings.note(Level::Would, "services", format_args!("make `{name}`"));
    }
    for warning in config.service_warnings(|name| found.services.iter().any(|one| one == name)) {
        findings.note(Level::Warning, "services", warning);
    }
    if !found.services.is_empty() {
        findings.note(Level::Fine, "services", found.services.join(", "));
    }
}

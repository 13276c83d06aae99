//! Acts as a client towards a registry, and says in plain words what is right and wrong.
//!
//! It never prints a token or a password, and sends neither where nobody vouches for the other side.

mod acceptance;
mod bundle;
mod certificate;
mod challenge;
mod client;
mod clock;
mod course;
pub mod docker_files;
mod docker_folder;
mod finding;
mod hosts_toml;
mod insecure;
mod keys;
mod listen;
mod login;
mod pull;
mod push;
mod realm;
mod realm_address;
mod registry;
mod registry_file;
mod registry_log;
mod token;
mod token_server;
mod trials;
mod verdict;

pub use client::{read_date, trusting};
pub use finding::{Finding, Level};
pub use registry::Address;

use crate::clock::Clock;
use client::{Answer, Ask, Client, Failure, Pass, Trusted};
use docker_files::DockerFiles;
use keys::Keys;
use listen::Listen;
use registry::is_local;
use registry_file::{RegistryFile, TokenAuth};
use registry_log::Log;
use serde::Serialize;
use std::path::PathBuf;
use token_server::TokenServer;
use url::Url;
use zeroize::Zeroizing;

/// Whom to log in as.
pub struct Login {
    /// The name.
    pub user: String,
    /// The password, or an access key.
    pub password: Zeroizing<String>,
}

impl Login {
    /// Whether it is by an access key, of a user or a robot.
    fn is_key(&self) -> bool {
        self.password.starts_with("ptr_")
    }
}

/// What to examine, and with what help.
pub struct Options {
    /// The registry.
    pub registry: Address,
    /// Whom to log in as; nobody in particular.
    pub login: Option<Login>,
    /// A repository to pull from.
    pub repository: Option<String>,
    /// A tag of it.
    pub tag: Option<String>,
    /// The registry's configuration.
    pub config: Option<PathBuf>,
    /// The registry's log.
    pub log: Option<PathBuf>,
    /// Files of more authorities.
    pub authorities: Vec<PathBuf>,
    /// Where docker's files are.
    pub docker: DockerFiles,
    /// The token server's keys folder.
    pub keys: Option<PathBuf>,
    /// Whether to push a tag, and remove it.
    pub write: bool,
    /// The time.
    pub clock: Clock,
}

/// All that was found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The registry, as it was named.
    pub registry: String,
    /// Whether there is no problem, and the registry was seen to take or refuse a token.
    pub healthy: bool,
    /// Whether it was offered one.
    pub tried: bool,
    /// In the order in which they were found.
    pub findings: Vec<Finding>,
}

/// A file or folder that was named cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// One examination under way.
struct Case<'a> {
    options: &'a Options,
    client: Client,
    /// The registry's configuration, until something contradicts it.
    file: Option<RegistryFile>,
    /// The one that was given, when the registry does not run with it.
    stale: Option<RegistryFile>,
    /// Where it listens by that.
    listen: Option<Listen>,
    keys: Option<Keys>,
    log: Option<Log>,
    /// Whether the registry is https.
    secure: bool,
    /// Whether clients would send a password where the registry sends them.
    trusted: bool,
    /// Whether the registry was offered a token.
    tried: bool,
    findings: Vec<Finding>,
    say: &'a dyn Fn(&str),
}

impl<'a> Case<'a> {
    /// Whether a password may be sent there: for a registry that clients would trust with it, to a
    /// token server that is verified, or on this machine, or plain like the registry itself.
    fn is_safe(&self, realm: &Url, verified: bool) -> bool {
        let readable = realm.scheme() == "http" && !is_local(realm);
        self.trusted && verified && !(readable && self.secure)
    }

    /// The password, where it may be sent; never elsewhere than the realm names.
    fn password(&self, server: &TokenServer) -> Option<Pass<'a>> {
        let login = self.options.login.as_ref()?;
        let safe = self.is_safe(&server.url, server.verified) && !server.elsewhere;
        safe.then(|| Pass::Password(&login.user, &login.password))
    }

    /// With the password first, where it may be sent, then without.
    fn passes(&self, server: &TokenServer) -> Vec<Pass<'a>> {
        self.password(server).into_iter().chain([Pass::Nobody]).collect()
    }

    /// What to write where, for a field of the registry's token section. A file that is not in force
    /// counts when it says so already.
    fn line(&self, field: &str, value: &str) -> String {
        let right = self.stale.as_ref().filter(|file| {
            let says = |auth: &TokenAuth| match field {
                "realm" => auth.realm == value,
                "service" => auth.service == value,
                _ => false,
            };
            file.token().is_some_and(says)
        });
        registry_file::line(right.or(self.file.as_ref()), field, value)
    }

    /// Sends a request, without any secret where nobody vouches for the other side.
    async fn send(&self, verified: bool, ask: Ask<'_>) -> Result<Answer, Failure> {
        if verified { self.client.send(ask).await } else { self.client.send_unverified(ask).await }
    }

    fn now(&self) -> i64 {
        self.options.clock.now().as_seconds()
    }
}

/// Examines a registry. `say` hears what is being looked at.
///
/// # Errors
/// [`Unusable`] when a file that was named cannot be read.
pub async fn examine(options: &Options, say: &dyn Fn(&str)) -> Result<Report, Unusable> {
    let unreadable = |path: &PathBuf, error: std::io::Error| {
        Unusable(format!("cannot read `{}`: {error}", path.display()))
    };
    let mut findings = Vec::new();
    let (mut file, mut listen) = (None, None);
    if let Some(path) = &options.config {
        let text = std::fs::read(path).map_err(|error| unreadable(path, error))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        listen = Listen::of(&text);
        match RegistryFile::parse(path, text) {
            Ok(read) => file = Some(read),
            Err(finding) => findings.push(finding),
        }
    }
    let log = match &options.log {
        Some(path) => Some(Log::open(path).map_err(|error| unreadable(path, error))?),
        None => None,
    };
    let keys = options.keys.as_ref();
    let keys = keys.and_then(|folder| Keys::open(folder, options.clock.now(), &mut findings));
    say("the registry");
    let resolved = registry::resolve(&options.registry, &mut findings).await;
    let found = resolved.is_some();
    let name = &options.registry.name;
    let now = options.clock.now();
    let trust = docker_files::examine(&options.docker, name, &resolved.unwrap_or_default(), now);
    findings.extend(trust.findings);
    let roots = options.authorities.iter().cloned().chain(trust.extra_roots).collect();
    let trusted = Trusted { roots, pair: trust.client_pair, local: options.registry.is_local() };
    let client = Client::new(&trusted, options.clock.clone()).map_err(Unusable)?;
    let (secure, trusted, tried, stale) = (false, false, false, None);
    let mut case =
        Case { options, client, file, stale, listen, keys, log, secure, trusted, tried, findings, say };
    let insecure = trust.insecure.as_deref();
    let reached = if found { registry::reach(&mut case, insecure).await } else { None };
    course::run(&mut case, reached).await;
    course::left_out(&mut case);
    let (tried, registry) = (case.tried, options.registry.name.clone());
    let healthy = tried && case.findings.iter().all(|finding| finding.level != Level::Problem);
    Ok(Report { registry, healthy, tried, findings: case.findings })
}

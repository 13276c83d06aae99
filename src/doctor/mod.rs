//! Acts as a client towards a registry, and says in plain words what is right and wrong.
//!
//! It never prints a token or a password, and sends neither where nobody vouches for the other side.

mod acceptance;
mod bundle;
mod certificate;
mod challenge;
mod client;
mod clock;
pub mod docker_files;
mod docker_folder;
mod finding;
mod hosts_toml;
mod insecure;
mod keys;
mod login;
mod pull;
mod push;
mod realm;
mod registry;
mod registry_file;
mod registry_log;
mod token;
mod trials;
mod verdict;

pub use finding::{Finding, Level};
pub use registry::Address;

use crate::clock::Clock;
use acceptance::Taken;
use client::{Client, Pass, Trusted};
use clock::Clocks;
use docker_files::DockerFiles;
use keys::Keys;
use login::Held;
use realm::TokenServer;
use registry::{Reached, is_local};
use registry_file::{Auth, RegistryFile};
use registry_log::{Log, Said};
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long a registry may take to write its log.
const LOG_PATIENCE: Duration = Duration::from_millis(100);
const LOG_TRIES: usize = 10;

/// Whom to log in as.
pub struct Login {
    /// The name.
    pub user: String,
    /// The password, or an access key.
    pub password: Zeroizing<String>,
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
    /// Whether there is no problem.
    pub healthy: bool,
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
    file: Option<RegistryFile>,
    keys: Option<Keys>,
    log: Option<Log>,
    /// Whether the registry is https.
    secure: bool,
    findings: Vec<Finding>,
    say: &'a dyn Fn(&str),
}

impl<'a> Case<'a> {
    /// The password, where it may be sent: to a token server that is verified, or on this machine,
    /// or plain like the registry itself; and to no other host than the realm names.
    fn password(&self, server: &TokenServer) -> Option<Pass<'a>> {
        let readable = server.url.scheme() == "http" && !is_local(&server.url);
        let login = self.options.login.as_ref()?;
        let safe = server.verified && !server.elsewhere && !(readable && self.secure);
        safe.then(|| Pass::Password(&login.user, &login.password))
    }

    /// With the password first, where it may be sent, then without.
    fn passes(&self, server: &TokenServer) -> Vec<Pass<'a>> {
        self.password(server).into_iter().chain([Pass::Nobody]).collect()
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
    let mut file = None;
    if let Some(path) = &options.config {
        let text = std::fs::read(path).map_err(|error| unreadable(path, error))?;
        match RegistryFile::parse(path, String::from_utf8_lossy(&text).into_owned()) {
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
    let mut case = Case { options, client, file, keys, log, secure: false, findings, say };
    let insecure = trust.insecure.as_deref();
    let reached = if found { registry::reach(&mut case, insecure).await } else { None };
    run(&mut case, reached).await;
    let healthy = case.findings.iter().all(|finding| finding.level != Level::Problem);
    Ok(Report { registry: options.registry.name.clone(), healthy, findings: case.findings })
}

async fn run(case: &mut Case<'_>, reached: Option<Reached>) {
    if let Some(file) = &case.file {
        let answers = reached.is_some();
        let now = case.options.clock.now().as_seconds();
        bundle::examine_alone(file, case.keys.as_ref(), answers, now, &mut case.findings);
    }
    if let (None, Some(log)) = (&reached, &case.log) {
        bundle::examine_log(log, &mut case.findings);
    }
    let Some(registry) = reached else { return };
    case.secure = registry.base.scheme() == "https";

    (case.say)("its challenge");
    let lines: Vec<&str> = registry.challenges.iter().map(String::as_str).collect();
    let Some(challenge) = challenge::examine(&lines, &mut case.findings) else {
        stale(case);
        return;
    };
    let service = challenge.get("service").unwrap_or_default().to_owned();
    let realm = challenge.get("realm").map(str::to_owned);
    case.findings.push(Finding::ok(
        "challenge",
        format!("it sends clients to `{}` for the service `{service}`", realm.as_deref().unwrap_or_default()),
    ));
    if service.is_empty() {
        case.findings.push(
            Finding::warning(
                "service",
                "the challenge names no service",
                "tokens are made for the service that it names",
            )
            .fix(registry_file::line(case.file.as_ref(), "service", "registry")),
        );
    }

    (case.say)("the token server");
    let compare = |case: &mut Case<'_>, accepted: Option<&token::Token>| {
        if let Some(file) = &case.file {
            verdict::compare(file, realm.as_deref(), Some(&service), accepted, &mut case.findings);
        }
    };
    let Some(server) = realm::visit(case, &registry, &challenge).await else {
        compare(case, None);
        return;
    };
    if !realm::knows_service(case, &server, &service).await {
        compare(case, None);
        return;
    }
    let clocks = Clocks { registry: registry.ahead, realm: server.ahead };

    (case.say)("tokens");
    let held = login::tokens(case, &server, &service).await.or_else(|| made_here(case, &service));
    let Some(held) = held else {
        clocks.examine(&mut case.findings);
        compare(case, None);
        return;
    };
    (case.say)("whether the registry accepts them");
    if !registry.verified && !held.anonymous {
        case.findings.push(Finding::note(
            "acceptance",
            "the token was not shown to the registry",
            "its certificate is not verified, and the token would let others in",
        ));
        return;
    }
    match acceptance::offer(case, &registry, &held.token.raw, held.anonymous).await {
        Taken::Accepted => {
            case.findings.push(Finding::ok("acceptance", "the registry accepts the token"));
            clocks.examine(&mut case.findings);
            compare(case, Some(&held.token));
            soon_ended(case, &held.token);
            let fragile =
                case.file.as_ref().and_then(|file| bundle::fragile(file, &held.token, case.keys.as_ref()));
            case.findings.extend(fragile);
        }
        Taken::TooLittle => case.findings.push(Finding::warning(
            "acceptance",
            "the registry wants rights even at `/v2/`",
            "docker login asks for none",
        )),
        Taken::Failed(why) => {
            case.findings.push(Finding::problem(
                "acceptance",
                format!("the registry fails when it is shown the token: {why}"),
                "",
            ));
            return;
        }
        Taken::Refused => {
            refused(case, &registry, &held.token, &service, clocks).await;
            return;
        }
    }
    if let Some(repository) = &case.options.repository {
        (case.say)("pulling");
        let manifest = pull::examine(case, &registry, &server, &service, repository).await;
        if let Some(manifest) = manifest.filter(|_| case.options.write) {
            (case.say)("pushing");
            push::examine(case, &registry, &server, &service, repository, &manifest).await;
        }
    }
}

/// A token signed here with the server's keys, where there is no other.
fn made_here(case: &mut Case<'_>, service: &str) -> Option<Held> {
    let configured = case.file.as_ref().and_then(RegistryFile::token).and_then(|auth| auth.issuer.as_deref());
    let issuer = configured.unwrap_or("portreeve");
    let token = trials::token(case, issuer, service)?;
    case.findings.push(Finding::note(
        "token",
        format!(
            "a token was made here with the server's keys, by the issuer `{issuer}` and granting nothing"
        ),
        "so that it can be seen whether the registry accepts it; with --user the token server is asked",
    ));
    Some(Held { token, anonymous: true })
}

/// A registry that does not ask for tokens, although its file says so.
fn stale(case: &mut Case<'_>) {
    let Some(file) = &case.file else { return };
    let path = file.path.display();
    let what = match &file.auth {
        Auth::Token(_) => {
            format!("{path} asks for tokens, but the registry does not: it was not restarted since")
        }
        Auth::Other(kind) => format!("{path} says `auth: {kind}`"),
        Auth::Nothing => format!("{path} has no `auth` section"),
    };
    case.findings.push(Finding::note("config", what, ""));
}

/// Names the cause of a refusal.
async fn refused(
    case: &mut Case<'_>,
    registry: &Reached,
    token: &token::Token,
    service: &str,
    clocks: Clocks,
) {
    let mut said = None;
    if let Some(log) = &case.log {
        for _ in 0..LOG_TRIES {
            said = Some(log.read());
            if matches!(said, Some(Said::Reason(_))) {
                break;
            }
            tokio::time::sleep(LOG_PATIENCE).await;
        }
    }
    if matches!(said, Some(Said::Nothing)) {
        let path = case.log.as_ref().map(|log| log.path.display().to_string()).unwrap_or_default();
        case.findings.push(Finding::note(
            "log",
            format!("`{path}` says nothing about a refused token"),
            "it is the log of another registry, or its level is above `info`",
        ));
    }
    // By the registry's clock, so that it cannot be that.
    let now = case.options.clock.now().plus_seconds(clocks.registry.unwrap_or_default());
    let trials = trials::run(case, registry, token, service, now).await;
    let facts = verdict::Facts {
        token,
        service,
        file: case.file.as_ref(),
        keys: case.keys.as_ref(),
        log: said,
        clocks,
        now: case.now(),
        trials,
    };
    let found = facts.refused();
    if found.iter().all(|finding| finding.check != "clock") {
        clocks.examine(&mut case.findings);
    }
    case.findings.extend(found);
}

/// The certificate that tokens bring, when it ends soon.
fn soon_ended(case: &mut Case<'_>, token: &token::Token) {
    let soon = case.now() + 7 * 86_400;
    if let Some(cert) = token.chain.iter().find(|cert| !cert.holds_at(soon)) {
        let end = crate::domain::time::Timestamp::from_seconds(cert.not_after);
        case.findings.push(
            Finding::warning(
                "certificate",
                format!("the certificate that tokens bring ends at {end}"),
                "then the registry refuses every token; the token server renews it 30 days before",
            )
            .fix("look in the token server's log for why it could not renew it"),
        );
    }
}

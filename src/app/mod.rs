//! The composition root: opens the store, the keys and the snapshot, and runs the server.
//!
//! The only place that knows all layers of the server.

mod backup;
mod check;
mod copy;
mod descriptors;
mod error;
mod first_start;
mod key_upkeep;
pub mod keys;
mod listening;
mod recheck;
mod reset_password;
mod rewrap;
mod runtime;
mod secrets;
mod signals;
mod systemd;
mod tls;
mod upkeep;

pub use crate::storage::newest_schema;
pub use backup::{MadeBackup, back_up, back_up_into, end_sessions, restore, restore_from};
pub use check::{Finding, Findings, Level, check};
pub use copy::{Copied, Progress, copy};
pub use error::{CommandError, CopyError, RewrapError, StartError, Unrecorded};
pub use reset_password::reset_password;
pub use rewrap::{Rewrap, rewrap_secrets};

use crate::authn::{Authenticator, LastUsed, Outside, PasswordGate, Secrets};
use crate::clock::{Clock, Steps};
use crate::config::Config;
use crate::domain::refusal::Cause;
use crate::domain::registry_configuration::{Form, render};
use crate::domain::release::VERSION;
use crate::domain::service::{Issuer, Service};
use crate::domain::shell;
use crate::domain::verifier::Trust;
use crate::domain::warning::Warning;
use crate::entropy;
use crate::http::{self, Cors, Doors, PublicUrl, Started, TokenPaths, TrustedProxies, Web};
use crate::issue::TokenIssuer;
use crate::manage::{Administration, InitialPassword, Serving, SigningKeys};
use crate::metrics::Metrics;
use crate::outbound::Hosts;
use crate::signin::SignIn;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use crate::token;
use crate::upstream::Upstreams;
use actix_web::dev::ServerHandle;
use listening::Listening;
use sd_notify::NotifyState;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::absolute;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use systemd::Sockets;
use tokio::task::JoinHandle;

/// How long accepted connections have to send their first request when the server stops on a socket of systemd.
const FIRST_REQUEST: Duration = Duration::from_millis(500);

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for internal use, if that is elsewhere.
    pub internal_address: Option<SocketAddr>,
    /// What registries need to be told.
    pub registry_configuration: String,
    /// Where the console is, if it is served.
    pub console: Option<String>,
    is_held: bool,
    stopping: Arc<AtomicBool>,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    feed: JoinHandle<()>,
    upkeep: Vec<JoinHandle<()>>,
    last_used: Arc<LastUsed>,
    outside: Arc<Outside>,
    store: Store,
}

impl Running {
    /// Finishes the requests under way, writes what waits, and closes the database. Fails if the HTTP server did
    /// not end cleanly.
    pub async fn stop(self) -> Result<(), StartError> {
        self.stopping.store(true, Ordering::Release);
        if self.is_held {
            // New connections wait for the next server. Those that this one has accepted send their request first.
            self.handle.pause().await;
            tokio::time::sleep(FIRST_REQUEST).await;
        }
        self.handle.stop(true).await;
        self.outside.finish().await;
        for task in self.upkeep.iter().chain([&self.feed]) {
            task.abort();
        }
        if let Err(error) = self.last_used.flush(&self.store).await {
            tracing::warn!(%error, "the last-used marks of the last seconds are lost");
        }
        self.store.close().await;
        match self.server.await {
            Ok(result) => result.map_err(StartError::Http),
            Err(_) => Ok(()),
        }
    }

    /// Returns when the change feed or the HTTP server ended by itself, which only a failure does.
    async fn failed(&mut self) -> StartError {
        tokio::select! {
            _ = &mut self.feed => StartError::Feed,
            ended = &mut self.server => StartError::Http(match ended {
                Ok(Err(error)) => error,
                Ok(Ok(())) | Err(_) => std::io::Error::other("it ended by itself"),
            }),
        }
    }
}

/// Starts a server. Must run inside a tokio runtime. Each error says what to do.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    start_on(Sockets::default(), config, clock).await
}

async fn start_on(sockets: Sockets, config: Config, clock: Clock) -> Result<Running, StartError> {
    token::install_crypto_provider();
    announce(&config);
    let listening = listening::open(&config, sockets)?;
    let address = listening.address;
    let tls = tls::open(&config, &clock)?;
    let store = Store::open(config.database_url.expose()).await?;
    let metrics = Arc::new(Metrics::new().with_causes(Cause::counted()));
    let passwords = password_gate(&config, &metrics)?;
    first_start::prepare(&config, &store, &passwords, &clock).await?;
    let signing_keys = open_keys(&config, &store, &clock)?;
    let snapshots = Arc::new(Snapshots::load(store.clone(), config.max_staleness).await?);
    let last_used = Arc::new(LastUsed::default());
    let outside = identity_providers(&config, address, &store, &snapshots, &metrics);
    let authn = Authenticator::new(store.clone(), snapshots.clone(), passwords, last_used.clone());
    let authn = Arc::new(authn.asking(outside.clone()));
    let started = Started { at: clock.now(), warnings: setting_warnings(&config, address) };
    warn(&started.warnings);
    let web = Web {
        started,
        issuer: TokenIssuer::new(
            authn.clone(),
            snapshots.clone(),
            signing_keys.keyring().clone(),
            config.issuer.clone(),
            config.max_token_bytes,
            metrics.clone(),
        ),
        signin: SignIn::new(store.clone(), snapshots.clone(), authn.clone()),
        public_url: PublicUrl::new(config.public_url(address), config.places.name("public_url")),
        console: config.console,
        administration: administration(&config, address, &store, &snapshots, &authn, &signing_keys, &outside),
        outside,
        authn,
        snapshots,
        store: store.clone(),
        metrics,
        signing_keys,
        tls,
        steps: Arc::new(Steps::of(clock.clone())),
        clock,
        doors: Doors::new(listening.most),
        trusted_proxies: trusted_proxies(&config),
        token_paths: TokenPaths::with(&config.token_paths),
        cors: Cors::new(config.cors_origins.clone(), config.places.name("cors_origins")),
        stopping: Arc::new(AtomicBool::new(false)),
    };
    ensure_services(&web, &config).await?;
    run(&config, web, listening, last_used).await
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Lets clients in, and spawns what runs beside.
async fn run(
    config: &Config,
    web: Web,
    listening: Listening,
    last_used: Arc<LastUsed>,
) -> Result<Running, StartError> {
    let (address, store) = (listening.address, web.store.clone());
    let replica = upkeep::this_replica();
    upkeep::announce(&web.store, &replica, &web.clock).await?;
    let registry_configuration = registry_configuration(
        &config.realm(address),
        web.snapshots.current().services.values(),
        &config.issuer,
        web.signing_keys.keyring().load().ca_path(),
    );
    let console = web.console.then(|| format!("{}/console/", web.public_url.origin()));
    let (stopping, outside) = (web.stopping.clone(), web.outside.clone());
    let feed = tokio::spawn(upkeep::follow_the_feed(web.snapshots.clone()));
    let upkeep = spawn_upkeep(&web, &last_used, replica);
    let server = http::server(listening.listeners, Arc::new(web), cores()).map_err(StartError::Http)?;
    let handle = server.handle();
    let server = tokio::spawn(server);
    Ok(Running {
        address,
        internal_address: listening.internal_address,
        is_held: listening.is_held,
        registry_configuration,
        console,
        stopping,
        handle,
        server,
        feed,
        upkeep,
        last_used,
        outside,
        store,
    })
}

/// Makes the services that the settings name.
async fn ensure_services(web: &Web, config: &Config) -> Result<(), StartError> {
    let Some(names) = &config.services else { return Ok(()) };
    let services = &web.snapshots.current().services;
    for warning in config.service_warnings(|name| services.keys().any(|one| one.as_str() == name)) {
        tracing::warn!("{warning}");
    }
    web.administration.ensure_services(&first_start::origin(web.clock.now()), names.clone()).await?;
    Ok(())
}

fn password_gate(config: &Config, metrics: &Arc<Metrics>) -> Result<PasswordGate, StartError> {
    let gate = PasswordGate::new(cores() / 2, &entropy::bytes()?, metrics.clone(), config.max_staleness);
    Ok(gate.exempting(config.throttle_exempt.clone()))
}

fn open_keys(config: &Config, store: &Store, clock: &Clock) -> Result<Arc<SigningKeys>, StartError> {
    let keys = SigningKeys::load(secrets::keys_folder(config), store.clone(), clock.now())?;
    warn(&keys.warnings(clock.now()));
    Ok(Arc::new(keys))
}

/// Tells which program works on which data, before anything of it is touched.
fn announce(config: &Config) {
    let keys_dir = absolute(&config.keys_dir).unwrap_or_else(|_| config.keys_dir.clone());
    tracing::info!(
        version = VERSION,
        database = %config.database_url.shown(),
        keys_dir = %keys_dir.display(),
        "starting"
    );
}

fn warn(warnings: &[Warning]) {
    for warning in warnings {
        tracing::warn!("{warning}");
    }
}

fn trusted_proxies(config: &Config) -> TrustedProxies {
    let places = config.places.clone();
    let trust = move |peer| places.addition("trusted_proxies", peer);
    TrustedProxies::new(config.trusted_proxies.clone(), trust)
}

/// What the operator should know of the settings.
fn setting_warnings(config: &Config, address: SocketAddr) -> Vec<Warning> {
    let realm = config.realm_warnings(address).into_iter().map(|text| Warning::new("realm", text));
    let plain = config.plain_http_warning(address).map(|text| Warning::new("plain-http", text));
    let few = descriptors::warning(descriptors::raise(), config.max_connections);
    realm.chain(plain).chain(few.map(|text| Warning::new("few-descriptors", text))).collect()
}

/// The identity providers, and what is needed to ask them.
fn identity_providers(
    config: &Config,
    address: SocketAddr,
    store: &Store,
    snapshots: &Arc<Snapshots>,
    metrics: &Arc<Metrics>,
) -> Arc<Outside> {
    let upstreams = Upstreams::new(Hosts::new(config.identity_hosts.clone()), &config.public_url(address));
    let secrets = Secrets::new(secrets::keys_folder(config), secrets::guard(config));
    Arc::new(Outside::new(store.clone(), snapshots.clone(), upstreams, secrets, metrics.clone()))
}

fn administration(
    config: &Config,
    address: SocketAddr,
    store: &Store,
    snapshots: &Arc<Snapshots>,
    authn: &Arc<Authenticator>,
    signing_keys: &Arc<SigningKeys>,
    outside: &Arc<Outside>,
) -> Administration {
    let initial = InitialPassword {
        user: first_start::ADMINISTRATOR,
        file: config.keys_dir.join(first_start::PASSWORD_FILE),
    };
    let serving = Serving {
        signing_keys: signing_keys.clone(),
        realm: config.realm(address),
        issuer: config.issuer.clone(),
        outside: outside.clone(),
        public_url: config.public_url(address),
    };
    Administration::new(store.clone(), snapshots.clone(), authn.clone(), initial, Some(serving))
}

/// Spawns what runs in the background, apart from the change feed.
fn spawn_upkeep(web: &Web, last_used: &Arc<LastUsed>, replica: String) -> Vec<JoinHandle<()>> {
    let (store, keys, clock, steps) = (&web.store, &web.signing_keys, &web.clock, &web.steps);
    let mut tasks = vec![
        tokio::spawn(upkeep::write_marks(last_used.clone(), store.clone())),
        tokio::spawn(upkeep::check_database(store.clone())),
        tokio::spawn(upkeep::purge(store.clone(), clock.clone(), steps.clone())),
        tokio::spawn(upkeep::watch_the_clock(steps.clone())),
        tokio::spawn(upkeep::sum_up(web.metrics.clone())),
        tokio::spawn(upkeep::keep_announcing(store.clone(), replica, clock.clone())),
        tokio::spawn(recheck::check_people(web.outside.clone(), clock.clone())),
        tokio::spawn(key_upkeep::watch(keys.clone(), clock.clone())),
        tokio::spawn(key_upkeep::maintain(keys.clone(), web.snapshots.clone(), clock.clone(), steps.clone())),
    ];
    tasks.extend(web.tls.clone().map(|tls| tokio::spawn(tls::watch(tls, clock.clone()))));
    tasks
}

/// Runs a server until it is told to stop by SIGTERM or SIGINT; a second signal ends it at once.
pub fn serve(config: Config) -> Result<(), StartError> {
    secrets::hide_memory();
    let mut signal = signals::hear().map_err(StartError::Http)?;
    let sockets = Sockets::take()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(StartError::Http)?;
    let result = runtime.block_on(async {
        let mut running = tokio::select! {
            running = start_on(sockets, config, Clock::System) => running?,
            _ = &mut signal => return Ok(()),
        };
        // A server whose standard output nobody reads serves all the same.
        drop(writeln!(std::io::stdout(), "{}", running.registry_configuration));
        if let Some(console) = &running.console {
            drop(writeln!(std::io::stdout(), "# The web console: {console}"));
        }
        if let Some(address) = running.internal_address {
            tracing::info!(%address, "metrics and documentation are at an address of their own");
        }
        tracing::info!(address = %running.address, "ready");
        systemd::tell(NotifyState::Ready);
        running.upkeep.extend(systemd::keep_telling(running.address));
        tokio::select! {
            _ = &mut signal => {}
            error = running.failed() => return Err(error),
        }
        systemd::tell(NotifyState::Stopping);
        tracing::info!("stopping: finishing the requests under way");
        running.stop().await
    });
    // Blocking work whose result nobody waits for must not keep the process.
    runtime.shutdown_background();
    result
}

/// The block to paste into a registry's configuration, for each service.
fn registry_configuration<'s>(
    realm: &str,
    services: impl Iterator<Item = &'s Service>,
    issuer: &Issuer,
    ca: &std::path::Path,
) -> String {
    let mut text = String::from("# Paste this into the registry's configuration file:");
    for service in services {
        text.push('\n');
        match service.verifier.trust() {
            Trust::Bundle => {
                let told = render(service, realm, issuer, &ca.to_string_lossy(), Form::Yaml);
                text.push_str(&told.map(|told| told.text).unwrap_or_default());
            }
            Trust::Jwks | Trust::Certificate => text.push_str(&format!(
                "# for `{}` ({}): run `portreeve services config{}`\n",
                service.name,
                service.verifier.profile(),
                shell::argument(service.name.as_str())
            )),
        }
    }
    text
}

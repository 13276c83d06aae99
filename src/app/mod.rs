//! The composition root: opens the store, the keys and the snapshot, and runs the server.
//!
//! Only this module knows all layers of the server.

mod backup;
mod check;
mod copy;
mod crawls;
mod descriptors;
mod error;
mod events;
mod first_start;
mod issuing;
mod key_upkeep;
pub mod keys;
mod listening;
mod recheck;
mod registries;
mod reset_password;
mod rewrap;
mod runtime;
mod secrets;
mod signals;
mod systemd;
mod tls;
mod upkeep;
mod warnings;

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
use crate::crawl::Crawler;
use crate::domain::refusal::Cause;
use crate::domain::release::VERSION;
use crate::entropy;
use crate::events::{self as reported, Recorder, Writer};
use crate::http::{self, Cors, Doors, PublicUrl, Started, TokenPaths, TrustedProxies, Web};
use crate::issue::Grants;
use crate::manage::{Administration, InitialPassword, Serving, SigningKeys};
use crate::metrics::Metrics;
use crate::outbound::Hosts;
use crate::signin::SignIn;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use crate::storage::events::EventStore;
use crate::token;
use crate::upstream::Upstreams;
use actix_web::dev::ServerHandle;
use events::EventsWork;
use listening::Listening;
use registries::registry_configuration;
use sd_notify::NotifyState;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::absolute;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use systemd::Sockets;
use tokio::task::JoinHandle;
use warnings::{setting_warnings, warn};

/// The time for first requests on accepted connections while a server with a socket from systemd stops. Every stop also
/// waits at most this long for each aborted background task, except the task that follows the change feed.
const FIRST_REQUEST: Duration = Duration::from_millis(500);

/// A running server.
pub struct Running {
    /// The address at which the server listens.
    pub address: SocketAddr,
    /// The address of metrics and documentation, if they have an address of their own.
    pub internal_address: Option<SocketAddr>,
    /// The configuration text that registries need.
    pub registry_configuration: String,
    /// The URL of the console, if the server serves it.
    pub console: Option<String>,
    is_held: bool,
    stopping: Arc<AtomicBool>,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    feed: JoinHandle<()>,
    upkeep: Vec<JoinHandle<()>>,
    last_used: Arc<LastUsed>,
    outside: Arc<Outside>,
    crawler: Arc<Crawler>,
    store: Store,
    event_store: EventStore,
    grants: Arc<Grants>,
}

impl Running {
    /// Finishes the requests in progress, tries to write the waiting data, and closes the databases. Fails if the HTTP
    /// server ended with an error.
    pub async fn stop(self) -> Result<(), StartError> {
        self.stopping.store(true, Ordering::Release);
        self.crawler.stop().await;
        if self.is_held {
            // New connections wait for the next server. Connections that this server has accepted may still
            // send their first request.
            self.handle.pause().await;
            tokio::time::sleep(FIRST_REQUEST).await;
        }
        self.handle.stop(true).await;
        self.outside.finish().await;
        for task in self.upkeep.iter().chain([&self.feed]) {
            task.abort();
        }
        // An aborted task may hold waiting data. It returns that data when it ends.
        for task in self.upkeep {
            let _ = tokio::time::timeout(FIRST_REQUEST, task).await;
        }
        if let Err(error) = self.last_used.flush(&self.store).await {
            tracing::warn!(%error, "the last-used marks of the last seconds are lost");
        }
        if let Err(error) = self.grants.flush(&self.event_store).await {
            tracing::warn!(%error, "the records of granted access of the last minute are lost");
        }
        self.event_store.close().await;
        self.store.close().await;
        match self.server.await {
            Ok(result) => result.map_err(StartError::Http),
            Err(_) => Ok(()),
        }
    }

    /// Waits until the change feed or the HTTP server ends, which happens only after a failure.
    async fn failed(&mut self) -> StartError {
        tokio::select! {
            _ = &mut self.feed => StartError::Feed,
            ended = &mut self.server => StartError::Http(match ended {
                Ok(Err(error)) => error,
                Ok(Ok(())) | Err(_) => std::io::Error::other("it ended without an error"),
            }),
        }
    }
}

/// Starts a server. Must be called inside a tokio runtime.
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
    let event_store = EventStore::open(config.events_database_url.expose()).await?;
    let metrics = Arc::new(Metrics::new().with_causes(Cause::counted()));
    let passwords = password_gate(&config, &metrics)?;
    first_start::prepare(&config, &store, &passwords, &clock).await?;
    let signing_keys = issuing::open_keys(&config, &store, &clock)?;
    let snapshots =
        Arc::new(Snapshots::load(store.clone(), config.max_staleness).await?.looking_at(config.looked_at));
    let last_used = Arc::new(LastUsed::default());
    let outside = identity_providers(&config, address, &store, &snapshots, &metrics);
    let authn = Authenticator::new(store.clone(), snapshots.clone(), passwords, last_used.clone());
    let authn = Arc::new(authn.asking(outside.clone()));
    let grants = Arc::new(Grants::new(&config.events_keep));
    let recorder = Recorder::new(event_store.clone(), config.events_keep);
    let (events, writer) = reported::begin(authn.clone(), snapshots.clone(), metrics.clone(), recorder);
    let issuer =
        issuing::token_issuer(&config, (&authn, &snapshots), &signing_keys, &metrics, grants.clone());
    let replica = upkeep::this_replica();
    let stores = (store.clone(), event_store.clone());
    let crawler = issuing::crawler(&config, &issuer, &snapshots, stores, &metrics, &clock, &replica);
    let web = Web {
        started: started(&config, address, &clock),
        issuer,
        events,
        crawler,
        signin: SignIn::new(store.clone(), snapshots.clone(), authn.clone()),
        public_url: PublicUrl::new(config.public_url(address), config.places.name("public_url")),
        console: config.console,
        administration: administration(&config, address, &snapshots, &authn, {
            Parts { store: &store, event_store: &event_store, signing_keys: &signing_keys, outside: &outside }
        }),
        catalogue: events::catalogue(&config, address, (&authn, &snapshots), &signing_keys, &event_store),
        event_store,
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
    run(&config, web, listening, last_used, replica, (grants, writer)).await
}

/// Returns the time of the start and the warnings about the settings. Also logs the warnings.
fn started(config: &Config, address: SocketAddr, clock: &Clock) -> Started {
    let started = Started { at: clock.now(), warnings: setting_warnings(config, address) };
    warn(&started.warnings);
    started
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Starts the background work, and accepts clients.
async fn run(
    config: &Config,
    web: Web,
    listening: Listening,
    last_used: Arc<LastUsed>,
    replica: String,
    (grants, writer): (Arc<Grants>, Writer),
) -> Result<Running, StartError> {
    let (address, store) = (listening.address, web.store.clone());
    upkeep::announce(&web.store, &replica, &web.clock).await?;
    let registry_configuration = registry_configuration(
        &config.realm(address),
        web.snapshots.current().services.values(),
        &config.issuer,
        web.signing_keys.keyring().load().ca_path(),
    );
    let console = web.console.then(|| format!("{}/console/", web.public_url.origin()));
    let (stopping, outside, crawler) = (web.stopping.clone(), web.outside.clone(), web.crawler.clone());
    let feed = tokio::spawn(upkeep::follow_the_feed(web.snapshots.clone()));
    let mut upkeep = spawn_upkeep(&web, &last_used, replica);
    let event_store = web.event_store.clone();
    upkeep.extend(EventsWork::of(&web, config.events_keep, grants.clone()).spawn(writer));
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
        crawler,
        store,
        event_store,
        grants,
    })
}

/// Makes the services that the settings name, unless they exist.
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

/// Logs the version, the databases and the keys folder before the server uses them.
fn announce(config: &Config) {
    let keys_dir = absolute(&config.keys_dir).unwrap_or_else(|_| config.keys_dir.clone());
    tracing::info!(
        version = VERSION,
        database = %config.database_url.shown(),
        events_database = %config.events_database_url.shown(),
        keys_dir = %keys_dir.display(),
        "starting"
    );
}

fn trusted_proxies(config: &Config) -> TrustedProxies {
    let places = config.places.clone();
    let trust = move |peer| places.addition("trusted_proxies", peer);
    TrustedProxies::new(config.trusted_proxies.clone(), trust)
}

/// Builds the part that calls identity providers.
fn identity_providers(
    config: &Config,
    address: SocketAddr,
    store: &Store,
    snapshots: &Arc<Snapshots>,
    metrics: &Arc<Metrics>,
) -> Arc<Outside> {
    let upstreams =
        Upstreams::new(Hosts::of_providers(config.identity_hosts.clone()), &config.public_url(address));
    let secrets = Secrets::new(secrets::keys_folder(config), secrets::guard(config));
    Arc::new(Outside::new(store.clone(), snapshots.clone(), upstreams, secrets, metrics.clone()))
}

/// The parts of the server that the administration uses.
struct Parts<'a> {
    store: &'a Store,
    event_store: &'a EventStore,
    signing_keys: &'a Arc<SigningKeys>,
    outside: &'a Arc<Outside>,
}

fn administration(
    config: &Config,
    address: SocketAddr,
    snapshots: &Arc<Snapshots>,
    authn: &Arc<Authenticator>,
    parts: Parts<'_>,
) -> Administration {
    let Parts { store, event_store, signing_keys, outside } = parts;
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
        events: event_store.clone(),
        events_keep: config.events_keep,
    };
    Administration::new(store.clone(), snapshots.clone(), authn.clone(), initial, Some(serving))
}

/// Starts the background tasks, except those for the change feed and for the events of registries.
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
        tokio::spawn(crawls::begin_when_due(web.crawler.clone(), steps.clone())),
        tokio::spawn(key_upkeep::maintain(keys.clone(), web.snapshots.clone(), clock.clone(), steps.clone())),
    ];
    tasks.extend(web.tls.clone().map(|tls| tokio::spawn(tls::watch(tls, clock.clone()))));
    tasks
}

/// Runs a server until SIGTERM or SIGINT arrives or the server fails. A second signal, or a stop that takes too long,
/// ends the process at once.
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
        // A failure to print must not stop the server, because standard output may have no reader.
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
    // Blocking work may still run, but nothing needs its result, so the process does not wait for it.
    runtime.shutdown_background();
    result
}

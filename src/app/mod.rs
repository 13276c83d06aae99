//! The composition root: opens the store, the keys and the snapshot, and runs the server.
//!
//! The only place that knows everyone.

mod backup;
mod copy;
mod first_start;
mod keys;
mod reset_password;
mod tls;
mod upkeep;

pub use backup::{EndError, MadeBackup, PutBackError, SaveError, Unrecorded, back_up, end_sessions, restore};
pub use copy::{Copied, CopyError, Progress, copy};
pub use keys::{
    KeysError, add_signing_key, export_ca, export_certificate, export_jwks, list_signing_keys,
    retire_signing_key, revoke_signing_key, rotate_signing_key,
};
pub use reset_password::{ResetError, reset_password};

use crate::authn::{Authenticator, HashError, LastUsed, PasswordGate};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::registry_configuration::render;
use crate::domain::service::{Issuer, Service};
use crate::domain::verifier::Trust;
use crate::entropy::{self, NoEntropy};
use crate::http::{self, Web};
use crate::issue::TokenIssuer;
use crate::manage::{Administration, InitialPassword, ManageError, Serving, SigningKeyError, SigningKeys};
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use crate::storage::{Store, StoreError};
use crate::token::{self, KeyChangeError, KeyringError};
use actix_web::dev::ServerHandle;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::JoinHandle;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// For a command that ends by itself.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Why the server did not start, or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: stop what uses it, or choose another address with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// Certificate or key for TLS cannot be used.
    #[error("TLS cannot be served")]
    Tls(#[from] http::TlsError),
    /// The keys folder cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] KeyringError),
    /// The keys are gone although the database is in use.
    #[error(
        "`{0}` is missing although the database is in use: restore it from a backup, or, to begin with new keys, run `mkdir -m 700 {0}` (registries then need the new ca.crt)"
    )]
    KeysGone(PathBuf),
    /// Another replica is setting up and does not finish.
    #[error("another server has been setting up the keys or the database for too long: look at its log")]
    SetUpByOther,
    /// The first administrator's password does not fit.
    #[error("PORTREEVE_ADMIN_PASSWORD cannot be used: {0}")]
    AdminPassword(crate::domain::secret::WeakPassword),
    /// The password file cannot be written.
    #[error("cannot write `{path}`")]
    PasswordFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A password cannot be hashed.
    #[error("passwords cannot be hashed")]
    Hash(#[from] HashError),
    /// No random bytes.
    #[error("the system gives no random bytes")]
    Entropy(#[from] NoEntropy),
    /// The first objects cannot be stored.
    #[error("the first objects cannot be stored")]
    Manage(#[from] ManageError),
    /// Nobody follows the change feed any more, which never ends by itself.
    #[error("the change feed is not followed any more: start again")]
    Feed,
    /// The HTTP server failed.
    #[error("the HTTP server failed")]
    Http(#[source] std::io::Error),
}

impl From<SigningKeyError> for StartError {
    fn from(error: SigningKeyError) -> Self {
        match error {
            SigningKeyError::Change(KeyChangeError::Keyring(error)) => Self::Keys(error),
            SigningKeyError::Change(_) | SigningKeyError::Cut | SigningKeyError::Busy => Self::SetUpByOther,
            SigningKeyError::Store(error) => Self::Store(error),
        }
    }
}

/// A running server.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What registries need to be told.
    pub registry_configuration: String,
    stopping: Arc<AtomicBool>,
    handle: ServerHandle,
    server: JoinHandle<std::io::Result<()>>,
    feed: JoinHandle<()>,
    upkeep: Vec<JoinHandle<()>>,
    last_used: Arc<LastUsed>,
    store: Store,
}

impl Running {
    /// Finishes the requests under way, writes what waits, and closes the database.
    ///
    /// # Errors
    /// When the HTTP server did not end cleanly.
    pub async fn stop(self) -> Result<(), StartError> {
        self.stopping.store(true, Ordering::Release);
        self.handle.stop(true).await;
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

    /// Returns when something ended by itself that never does but after a failure.
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

/// Starts a server. Must run inside a tokio runtime.
///
/// # Errors
/// [`StartError`], each saying what to do.
pub async fn start(config: Config, clock: Clock) -> Result<Running, StartError> {
    token::install_crypto_provider();
    let cannot_listen = |source| StartError::Listen { address: config.listen, source };
    let listener = TcpListener::bind(config.listen).map_err(cannot_listen)?;
    listener.set_nonblocking(true).map_err(cannot_listen)?;
    // The standard library lets 128 wait, and who finds no room tries again after a second.
    rustix::net::listen(&listener, BACKLOG).map_err(|error| cannot_listen(error.into()))?;
    let address = listener.local_addr().map_err(cannot_listen)?;

    let tls = tls::open(&config, &clock)?;
    let store = Store::open(config.database_url.expose()).await?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let metrics = Arc::new(Metrics::new());
    let passwords = PasswordGate::new(cores / 2, &entropy::bytes()?, metrics.clone(), config.max_staleness);
    first_start::prepare(&config, &store, &passwords, &clock).await?;
    let signing_keys = Arc::new(SigningKeys::open(config.keys_dir.clone(), store.clone(), clock.now())?);
    let keyring = signing_keys.keyring().clone();
    for warning in signing_keys.warnings(clock.now()) {
        tracing::warn!("{warning}");
    }
    let snapshots = Arc::new(Snapshots::load(store.clone(), config.max_staleness).await?);
    let last_used = Arc::new(LastUsed::default());
    let authn = Arc::new(Authenticator::new(store.clone(), snapshots.clone(), passwords, last_used.clone()));
    let realm = config.realm(address);
    for warning in config.realm_warnings(address).into_iter().chain(config.plain_http_warning(address)) {
        tracing::warn!("{warning}");
    }
    let administration = Administration::new(
        store.clone(),
        snapshots.clone(),
        authn.clone(),
        InitialPassword {
            user: first_start::ADMINISTRATOR,
            file: config.keys_dir.join(first_start::PASSWORD_FILE),
        },
        Some(Serving {
            signing_keys: signing_keys.clone(),
            realm: realm.clone(),
            issuer: config.issuer.clone(),
        }),
    );
    if let Some(names) = &config.services {
        administration.ensure_services(&first_start::origin(clock.now()), names.clone()).await?;
    }
    let registry_configuration = registry_configuration(
        &realm,
        snapshots.current().services.values(),
        &config.issuer,
        keyring.load().ca_path(),
    );

    let stopping = Arc::new(AtomicBool::new(false));
    let feed = tokio::spawn(upkeep::follow_the_feed(snapshots.clone()));
    let mut upkeep = vec![
        tokio::spawn(upkeep::write_marks(last_used.clone(), store.clone())),
        tokio::spawn(upkeep::check_database(store.clone())),
        tokio::spawn(upkeep::purge(store.clone(), clock.clone())),
        tokio::spawn(upkeep::sum_up(metrics.clone())),
        tokio::spawn(keys::watch_keys(signing_keys.clone(), clock.clone())),
        tokio::spawn(keys::tend_keys(signing_keys.clone(), snapshots.clone(), clock.clone())),
    ];
    upkeep.extend(tls.clone().map(|tls| tokio::spawn(tls::watch(tls, clock.clone()))));
    let web = Web {
        issuer: TokenIssuer::new(
            authn.clone(),
            snapshots.clone(),
            keyring.clone(),
            config.issuer.clone(),
            metrics.clone(),
        ),
        administration,
        authn,
        snapshots,
        store: store.clone(),
        metrics,
        signing_keys,
        tls,
        clock,
        trusted_proxies: config.trusted_proxies.clone(),
        stopping: stopping.clone(),
    };
    let server = http::server(listener, Arc::new(web), cores).map_err(StartError::Http)?;
    let handle = server.handle();
    let server = tokio::spawn(server);
    Ok(Running { address, registry_configuration, stopping, handle, server, feed, upkeep, last_used, store })
}

/// Runs a server until it is told to stop by SIGTERM or SIGINT; a second signal ends it at once.
pub fn serve(config: Config) -> Result<(), StartError> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(StartError::Http)?;
    runtime.block_on(async {
        let (mut terminate, mut interrupt) = signals().map_err(StartError::Http)?;
        let mut running = start(config, Clock::System).await?;
        println!("{}", running.registry_configuration);
        tracing::info!(address = %running.address, "ready");
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            error = running.failed() => return Err(error),
        }
        tracing::info!("stopping: finishing the requests under way");
        tokio::select! {
            result = running.stop() => result,
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        }
    })
}

fn signals() -> std::io::Result<(tokio::signal::unix::Signal, tokio::signal::unix::Signal)> {
    use tokio::signal::unix::{SignalKind, signal};
    Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?))
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
            Trust::Bundle => text.push_str(&render(service, realm, issuer, &ca.to_string_lossy()).text),
            Trust::Jwks | Trust::Certificate => text.push_str(&format!(
                "# for `{0}` ({1}): run `portreeve services config \"{0}\"`\n",
                service.name,
                service.verifier.profile()
            )),
        }
    }
    text
}

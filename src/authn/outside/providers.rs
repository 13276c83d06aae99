//! The identity providers, ready to be asked.

use super::health::{Health, Healths};
use super::secrets::{SecretError, Secrets};
use crate::domain::identity::{ProviderName, ProviderSettings};
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use crate::storage::{Secret, Store, StoreError};
use crate::upstream::{Upstream, Upstreams};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Semaphore};

/// Checks of one person take turns. People share this many locks.
const TURNS: usize = 256;

/// How many people are checked at once, whoever asked for it.
const CHECKS: u32 = 64;
/// How long a server that stops waits for checks that are under way: their calls are bounded.
const CHECKS_END: Duration = Duration::from_secs(15);

/// The identity providers, with what is needed to ask them.
pub struct Outside {
    pub(super) store: Store,
    pub(super) snapshots: Arc<Snapshots>,
    upstreams: Upstreams,
    /// The secrets of providers.
    pub secrets: Secrets,
    pub(super) healths: Healths,
    pub(super) metrics: Arc<Metrics>,
    pub(super) turns: Box<[Mutex<()>]>,
    pub(super) checks: Arc<Semaphore>,
}

/// Why a provider cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// There is no such provider, or it is not enabled.
    #[error("there is no identity provider `{0}` that people may sign in with")]
    NoProvider(String),
    /// Its settings are not those that were meant.
    #[error("the settings of the identity provider `{0}` were changed just now: try again")]
    Changed(ProviderName),
    /// It is not set up so that it can be asked.
    #[error("{0}")]
    SetUp(String),
    /// Its secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Outside {
    /// Asks the providers that `upstreams` may call, with these secrets.
    #[must_use]
    pub fn new(
        store: Store,
        snapshots: Arc<Snapshots>,
        upstreams: Upstreams,
        secrets: Secrets,
        metrics: Arc<Metrics>,
    ) -> Self {
        let checks = Arc::new(Semaphore::new(CHECKS as usize));
        let turns = (0..TURNS).map(|_| Mutex::new(())).collect();
        Self { store, snapshots, upstreams, secrets, healths: Healths::default(), metrics, turns, checks }
    }

    /// The providers that may be called, and where people reach this server.
    #[must_use]
    pub fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    /// Waits for the checks that are under way, and lets no other begin. One that is cut off loses the refresh token that
    /// the provider has just exchanged.
    pub async fn finish(&self) {
        if tokio::time::timeout(CHECKS_END, self.checks.acquire_many(CHECKS)).await.is_err() {
            tracing::warn!("checks of people at their identity provider were cut off");
        }
        self.checks.close();
    }

    /// How a provider was when it was last asked by this server.
    #[must_use]
    pub fn health(&self, provider: &ProviderName) -> Health {
        self.healths.of(provider)
    }

    /// Notes that a provider answered to an administrator who tried it.
    pub fn answered(&self, provider: &ProviderName) {
        self.healths.answered(provider);
    }

    /// The command that signs in, for refusals; `None` where no provider is enabled.
    #[must_use]
    pub fn sign_in_command(&self) -> Option<String> {
        let enabled = self.snapshots.current().providers.values().any(|provider| provider.enabled);
        enabled.then(|| format!("portreeve login {}", self.upstreams.public_url()))
    }

    /// An enabled provider by its name.
    pub fn provider(&self, name: &str) -> Result<Arc<ProviderSettings>, NotAsked> {
        let missing = || NotAsked::NoProvider(name.chars().take(64).collect());
        let parsed = ProviderName::parse(name).map_err(|_| missing())?;
        let snapshot = self.snapshots.current();
        let found = snapshot.providers.get(&parsed).filter(|provider| provider.enabled);
        found.cloned().ok_or_else(missing)
    }

    /// A provider, ready to be asked.
    // INVARIANT: settings and secret are of one version, so that no secret goes to an issuer that it was not given for.
    pub async fn open(&self, settings: Arc<ProviderSettings>) -> Result<Upstream, NotAsked> {
        let row = self.store.read().await?.find_provider(&settings.name).await?;
        let row = row.ok_or_else(|| NotAsked::NoProvider(settings.name.to_string()))?;
        if row.settings != *settings {
            return Err(NotAsked::Changed(settings.name.clone()));
        }
        self.open_with(settings, row.secret.as_ref())
    }

    /// The same with a secret that may not be stored yet.
    pub fn open_with(
        &self,
        settings: Arc<ProviderSettings>,
        secret: Option<&Secret>,
    ) -> Result<Upstream, NotAsked> {
        let secret = match secret {
            Some(secret) => Some(self.secrets.of_client(&settings.name, secret)?),
            None => None,
        };
        self.upstreams.open(settings, secret).map_err(NotAsked::SetUp)
    }
}

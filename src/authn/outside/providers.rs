//! The identity providers, ready to be asked.

use super::health::{Health, Healths};
use super::lines::Lines;
use super::secrets::{SecretError, Secrets};
use crate::authn::cache::Cache;
use crate::domain::identity::{ProviderName, ProviderSettings};
use crate::domain::time::Timestamp;
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use crate::storage::{BoxFuture, Secret, Store, StoreError, StoredSubject, Transaction};
use crate::upstream::{Upstream, Upstreams};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Of how many people it is remembered that their provider said nothing clear.
const UNCLEAR: u64 = 10_000;
/// For how long.
const UNCLEAR_FOR: Duration = Duration::from_secs(10);
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
    pub(super) lines: Lines,
    /// People of whom their provider said nothing clear a moment ago, and why, by the id of their identity.
    pub(super) unclear: Cache<String, String>,
}

/// A time that goes on while somebody waits: that of a request or of a round, which may take a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    read: Timestamp,
    at: Instant,
}

impl Moment {
    /// It is `now`.
    pub(super) fn at(now: Timestamp) -> Self {
        Self { read: now, at: Instant::now() }
    }

    /// The time now.
    pub(super) fn now(self) -> Timestamp {
        let waited = i64::try_from(self.at.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.read.as_micros().saturating_add(waited))
    }
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
    /// It does not answer.
    #[error("{0}")]
    Silent(String),
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
        let unclear = Cache::of_passing_entries(UNCLEAR, UNCLEAR_FOR);
        let (healths, lines) = (Healths::default(), Lines::default());
        Self { store, snapshots, upstreams, secrets, healths, metrics, lines, unclear }
    }

    /// The providers that may be called, and where people reach this server.
    #[must_use]
    pub fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    /// Waits for the checks that are under way, and lets no other begin. One that is cut off loses the refresh token that
    /// the provider has just exchanged.
    pub async fn finish(&self) {
        if !self.lines.finish(CHECKS_END).await {
            tracing::warn!("checks of people at their identity provider were cut off");
        }
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

    /// A provider that answers: what later questions need is known. A failure is noted.
    pub(super) async fn reach(
        &self,
        settings: &Arc<ProviderSettings>,
        now: Timestamp,
    ) -> Result<Upstream, NotAsked> {
        let reached = match self.open(settings.clone()).await {
            Ok(upstream) => upstream.prepare(now).await.map(|()| upstream).map_err(NotAsked::Silent),
            Err(error) => Err(error),
        };
        if let Err(error) = &reached
            && !matches!(error, NotAsked::Store(_) | NotAsked::Changed(_))
        {
            self.note_failure(settings, &error.to_string());
        }
        reached
    }

    /// A provider that answers, for somebody who waits: one that was silent a moment ago is left alone.
    pub async fn ready(
        &self,
        settings: &Arc<ProviderSettings>,
        now: Timestamp,
    ) -> Result<Upstream, NotAsked> {
        match self.healths.left_alone(settings) {
            Some(why) => Err(NotAsked::Silent(why)),
            None => self.reach(settings, now).await,
        }
    }

    /// Why the provider of somebody is left alone just now.
    #[must_use]
    pub fn left_alone(&self, found: &StoredSubject) -> Option<String> {
        let settings = self.provider(found.identity.as_ref()?.provider.as_str()).ok()?;
        self.healths.left_alone(&settings)
    }

    /// Notes that a provider gave no answer, and logs it once.
    pub(super) fn note_failure(&self, settings: &Arc<ProviderSettings>, why: &str) {
        if self.healths.failed(settings, why) {
            let provider = &settings.name;
            tracing::warn!(event = "provider_silent", %provider, error = why, "an identity provider gives no answer");
        }
    }

    /// Runs a write of bookkeeping. Boxed, so that the compiler sees that it can be sent to another thread.
    pub(super) fn write<T, F>(&self, body: F) -> BoxFuture<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        let store = self.store.clone();
        Box::pin(async move { store.write(body).await })
    }
}

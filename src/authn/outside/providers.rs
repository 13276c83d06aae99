//! The identity providers that this server can ask.

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

/// The most people that are remembered because a provider gave no clear answer about them.
const UNCLEAR: u64 = 10_000;
/// The time for which this server remembers a person about whom a provider gave no clear answer.
const UNCLEAR_FOR: Duration = Duration::from_secs(10);
/// The longest time for which a stopping server waits for checks in progress. Each call of a check to a provider ends
/// after five seconds at most.
const CHECKS_END: Duration = Duration::from_secs(15);

/// The identity providers, and what this server needs to ask them: the database, the secrets and the HTTP clients.
pub struct Outside {
    pub(super) store: Store,
    pub(super) snapshots: Arc<Snapshots>,
    upstreams: Upstreams,
    /// The secrets of providers.
    pub secrets: Secrets,
    pub(super) healths: Healths,
    pub(super) metrics: Arc<Metrics>,
    pub(super) lines: Lines,
    /// The reasons why a provider gave no clear answer about a person a moment ago, by the id of the person's identity.
    pub(super) unclear: Cache<String, String>,
}

/// A clock that starts at the time of a request or of a round of the background work. It runs on while the work waits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    read: Timestamp,
    at: Instant,
}

impl Moment {
    /// Makes a clock that starts at the time `now`.
    pub(super) fn at(now: Timestamp) -> Self {
        Self { read: now, at: Instant::now() }
    }

    /// Returns the present time.
    pub(super) fn now(self) -> Timestamp {
        let waited = i64::try_from(self.at.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(self.read.as_micros().saturating_add(waited))
    }
}

/// The reason why a provider cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum NotAsked {
    /// There is no provider with this name, or it is not enabled.
    #[error("there is no identity provider `{0}` that people may sign in with")]
    NoProvider(String),
    /// The settings of the provider are no longer the settings that the caller read.
    #[error("the settings of the identity provider `{0}` were changed just now: try again")]
    Changed(ProviderName),
    /// The settings of the provider cannot be used. The text is the reason.
    #[error("{0}")]
    SetUp(String),
    /// The secret of the provider cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The provider does not answer.
    #[error("{0}")]
    Silent(String),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Outside {
    /// Makes the providers that `upstreams` may call, with these secrets.
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

    /// Returns the providers that may be called, and the address at which people reach this server.
    #[must_use]
    pub fn upstreams(&self) -> &Upstreams {
        &self.upstreams
    }

    /// Waits for the checks in progress, and lets no other check begin. A check that is cut off loses the refresh
    /// token that the provider has just exchanged.
    pub async fn finish(&self) {
        if !self.lines.finish(CHECKS_END).await {
            tracing::warn!("checks of people at their identity provider were cut off");
        }
    }

    /// Returns the state of a provider when this server last asked it.
    #[must_use]
    pub fn health(&self, provider: &ProviderName) -> Health {
        self.healths.of(provider)
    }

    /// Notes that a provider answered an administrator's test.
    pub fn answered(&self, provider: &ProviderName) {
        self.healths.answered(provider);
    }

    /// Returns the command for signing in, for texts of refusals; `None` if no provider is enabled.
    #[must_use]
    pub fn sign_in_command(&self) -> Option<String> {
        let enabled = self.snapshots.current().providers.values().any(|provider| provider.enabled);
        enabled.then(|| format!("portreeve login {}", self.upstreams.public_url()))
    }

    /// Returns an enabled provider by its name.
    pub fn provider(&self, name: &str) -> Result<Arc<ProviderSettings>, NotAsked> {
        let missing = || NotAsked::NoProvider(name.chars().take(64).collect());
        let parsed = ProviderName::parse(name).map_err(|_| missing())?;
        let snapshot = self.snapshots.current();
        let found = snapshot.providers.get(&parsed).filter(|provider| provider.enabled);
        found.cloned().ok_or_else(missing)
    }

    /// Prepares a provider for questions. Fails if `settings` are no longer the stored settings.
    // INVARIANT: settings and secret are of the same version. So a secret never goes to an issuer that it was not
    // given for.
    pub async fn open(&self, settings: Arc<ProviderSettings>) -> Result<Upstream, NotAsked> {
        let row = self.store.read().await?.find_provider(&settings.name).await?;
        let row = row.ok_or_else(|| NotAsked::NoProvider(settings.name.to_string()))?;
        if row.settings != *settings {
            return Err(NotAsked::Changed(settings.name.clone()));
        }
        self.open_with(settings, row.secret.as_ref())
    }

    /// Prepares a provider for questions, with a secret that is perhaps not stored yet.
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

    /// Prepares a provider for questions, and reads its endpoints if they are not known yet. Notes a failure.
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

    /// Prepares a provider for a waiting request. Fails at once if the provider was silent a moment ago.
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

    /// Returns the reason why the provider of a person is not asked now, if there is one.
    #[must_use]
    pub fn left_alone(&self, found: &StoredSubject) -> Option<String> {
        let settings = self.provider(found.identity.as_ref()?.provider.as_str()).ok()?;
        self.healths.left_alone(&settings)
    }

    /// Notes that a provider gave no answer, and logs it if the reason is new.
    pub(super) fn note_failure(&self, settings: &Arc<ProviderSettings>, why: &str) {
        if self.healths.failed(settings, why) {
            let provider = &settings.name;
            tracing::warn!(event = "provider_silent", %provider, error = why, "an identity provider gives no answer");
        }
    }

    /// Runs a write that is not a change for the audit trail. The future is boxed, so that the compiler sees that it
    /// can be sent to another thread.
    pub(super) fn write<T, F>(&self, body: F) -> BoxFuture<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        let store = self.store.clone();
        Box::pin(async move { store.write(body).await })
    }
}

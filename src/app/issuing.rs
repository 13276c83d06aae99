//! Opens the signing keys, and builds two use cases: issuing tokens to clients, and crawling registries.

use super::error::StartError;
use super::secrets;
use super::warnings::warn;
use crate::authn::Authenticator;
use crate::clock::Clock;
use crate::config::Config;
use crate::crawl::{Crawler, CrawlerParts};
use crate::issue::{Grants, TokenIssuer};
use crate::manage::SigningKeys;
use crate::metrics::Metrics;
use crate::outbound::Hosts;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use crate::storage::events::EventStore;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Loads the keys folder, and logs its warnings.
pub(super) fn open_keys(
    config: &Config,
    store: &Store,
    clock: &Clock,
) -> Result<Arc<SigningKeys>, StartError> {
    let keys = SigningKeys::load(secrets::keys_folder(config), store.clone(), clock.now())?;
    warn(&keys.warnings(clock.now()));
    Ok(Arc::new(keys))
}

/// Builds the use case that issues tokens.
pub(super) fn token_issuer(
    config: &Config,
    (authn, snapshots): (&Arc<Authenticator>, &Arc<Snapshots>),
    signing_keys: &SigningKeys,
    metrics: &Arc<Metrics>,
    grants: Arc<Grants>,
) -> Arc<TokenIssuer> {
    let keyring = signing_keys.keyring().clone();
    let (issuer, longest) = (config.issuer.clone(), config.max_token_bytes);
    let issuer =
        TokenIssuer::new(authn.clone(), snapshots.clone(), keyring, issuer, longest, metrics.clone());
    Arc::new(issuer.noting(grants))
}

/// Builds the use case that crawls registries.
pub(super) fn crawler(
    config: &Config,
    issuer: &Arc<TokenIssuer>,
    snapshots: &Arc<Snapshots>,
    (store, events): (Store, EventStore),
    metrics: &Arc<Metrics>,
    clock: &Clock,
    replica: &str,
) -> Arc<Crawler> {
    Arc::new(Crawler::new(CrawlerParts {
        issuer: issuer.clone(),
        snapshots: snapshots.clone(),
        store,
        events,
        metrics: metrics.clone(),
        hosts: Hosts::of_registries(config.registry_hosts.clone()),
        clock: clock.clone(),
        replica: replica.to_owned(),
        runtime: Handle::current(),
    }))
}

//! Background work on the events of registries: writes reports and grants, searches for alarms, reads the
//! names of repositories, deletes old data, and replaces deleted users by pseudonyms.

use crate::authn::Authenticator;
use crate::catalogue::{Catalogue, Names};
use crate::causes::causes;
use crate::clock::{Clock, Steps};
use crate::config::Config;
use crate::domain::events::Keep;
use crate::events::{Alarms, PurgedEvents, Turn, Writer, forget_deleted, purge_events};
use crate::http::Web;
use crate::issue::Grants;
use crate::manage::SigningKeys;
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use crate::storage::events::EventStore;
use crate::storage::{Store, StoreError};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// The time between two writes of grants, and between two searches for alarms.
const MINUTE: Duration = Duration::from_secs(60);
const PURGE: Duration = Duration::from_secs(3600);
const PURGE_AFTER: Duration = Duration::from_secs(90);
/// The time between two readings of the repository names for searches.
const NAMES: Duration = Duration::from_secs(10);
/// The lease of the server that searches for alarms.
const ALARMS_LEASE: &str = "event-alarms";
const PURGE_LEASE: &str = "event-purge";

/// Builds the use case that lists and searches repositories. The use case keeps repository names in memory.
pub(super) fn catalogue(
    config: &Config,
    address: SocketAddr,
    (authn, snapshots): (&Arc<Authenticator>, &Arc<Snapshots>),
    signing_keys: &SigningKeys,
    events: &EventStore,
) -> Catalogue {
    let keyring = signing_keys.keyring().clone();
    let (issuer, realm) = (config.issuer.clone(), config.realm(address));
    Catalogue::new((authn.clone(), snapshots.clone()), keyring, issuer, events.clone(), realm)
}

/// The inputs of the background work.
pub(super) struct EventsWork {
    store: Store,
    events: EventStore,
    keep: Keep,
    grants: Arc<Grants>,
    metrics: Arc<Metrics>,
    clock: Clock,
    steps: Arc<Steps>,
    names: Arc<Names>,
    snapshots: Arc<Snapshots>,
}

impl EventsWork {
    /// Collects the inputs from a server.
    pub(super) fn of(web: &Web, keep: Keep, grants: Arc<Grants>) -> Self {
        Self {
            store: web.store.clone(),
            events: web.event_store.clone(),
            keep,
            grants,
            metrics: web.metrics.clone(),
            clock: web.clock.clone(),
            steps: web.steps.clone(),
            names: web.catalogue.names().clone(),
            snapshots: web.snapshots.clone(),
        }
    }

    /// Spawns all background tasks.
    pub(super) fn spawn(self, writer: Writer) -> Vec<JoinHandle<()>> {
        let work = Arc::new(self);
        let clock = work.clock.clone();
        vec![
            tokio::spawn(async move { writer.run(move || clock.now()).await }),
            tokio::spawn(flush_grants(work.clone())),
            tokio::spawn(look_for_alarms(work.clone())),
            tokio::spawn(refresh_names(work.clone())),
            tokio::spawn(purge(work)),
        ]
    }
}

async fn flush_grants(work: Arc<EventsWork>) {
    let mut failing = false;
    loop {
        tokio::time::sleep(MINUTE).await;
        let result = work.grants.flush(&work.events).await;
        if let Err(error) = &result
            && !failing
        {
            tracing::warn!(
                error = causes(error),
                "records of granted access wait in memory until they can be written"
            );
        }
        failing = result.is_err();
        work.metrics.count_lost_grants(work.grants.take_lost());
    }
}

async fn look_for_alarms(work: Arc<EventsWork>) {
    let holder = uuid::Uuid::new_v4().to_string();
    let mut alarms = Alarms::new(work.events.clone(), work.keep, work.metrics.clone());
    loop {
        tokio::time::sleep(MINUTE).await;
        if let Err(error) = look_once(&work, &mut alarms, &holder).await {
            tracing::debug!(error = causes(&error), "the search for alarms failed");
        }
    }
}

async fn look_once(work: &EventsWork, alarms: &mut Alarms, holder: &str) -> Result<(), StoreError> {
    let now = || work.clock.now();
    // The lease is not given back: another server gets it only if this one does not renew it for two minutes.
    if Turn::take(&work.store, ALARMS_LEASE, holder, now).await?.is_some() {
        alarms.look(now()).await?;
    }
    Ok(())
}

async fn refresh_names(work: Arc<EventsWork>) {
    loop {
        tokio::time::sleep(NAMES).await;
        let snapshot = work.snapshots.current();
        let served = snapshot.services.values().filter(|service| service.search);
        let served = served.map(|service| service.name.clone()).collect();
        if let Err(error) = work.names.refresh(&served).await {
            tracing::debug!(error = causes(&error), "the names of repositories could not be read again");
        }
    }
}

async fn purge(work: Arc<EventsWork>) {
    let holder = uuid::Uuid::new_v4().to_string();
    tokio::time::sleep(PURGE_AFTER).await;
    loop {
        // The clock can be ahead for a moment. So nothing is deleted until the clock has been steady for ten minutes.
        if !work.steps.is_settled() {
            tokio::time::sleep(PURGE_AFTER).await;
            continue;
        }
        purge_once(&work, &holder).await;
        tokio::time::sleep(PURGE).await;
    }
}

async fn purge_once(work: &EventsWork, holder: &str) {
    let now = || work.clock.now();
    let mut turn = match Turn::take(&work.store, PURGE_LEASE, holder, now).await {
        Ok(Some(turn)) => turn,
        Ok(None) => return,
        Err(error) => {
            tracing::debug!(error = causes(&error), "the lease to purge events could not be taken");
            return;
        }
    };
    match purge_events(&work.events, &work.keep, &mut turn).await {
        Ok(PurgedEvents { deleted: 0, summed_up: 0, addresses: 0 }) => {}
        Ok(PurgedEvents { deleted, summed_up, addresses }) => {
            tracing::info!(deleted, summed_up, addresses, "purged old events of registries");
        }
        Err(error) => tracing::warn!(error = causes(&error), "old events could not be purged"),
    }
    match forget_deleted(&work.store, &work.events, &mut turn).await {
        Ok(0) => {}
        Ok(people) => {
            tracing::info!(people, "replaced deleted users by pseudonyms in the events of registries")
        }
        Err(error) => tracing::warn!(error = causes(&error), "deleted users could not be replaced in events"),
    }
    // If this fails, the lease ends when its time is over.
    let _ = turn.end().await;
}

//! The requests of registry clients: search, list the repositories, list the tags of a repository, and prove who the
//! client is.

use super::asker::{Asker, Gate, served};
use super::error::CatalogueError;
use super::list::{End, ListQuery, Page, Places, TAGS, page};
use super::names::Names;
use super::search::{Found, SearchQuery, search};
use crate::authn::Authenticator;
use crate::domain::service::{Issuer, ServiceName};
use crate::snapshot::{Sight, Snapshots};
use crate::storage::events::EventStore;
use crate::token::Keyring;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// Answers the lists and searches of registry clients.
pub struct Catalogue {
    gate: Gate,
    events: EventStore,
    names: Arc<Names>,
    realm: String,
}

impl Catalogue {
    /// Builds the lists and searches. `realm` is the URL of the token endpoint.
    #[must_use]
    pub fn new(
        (authn, snapshots): (Arc<Authenticator>, Arc<Snapshots>),
        keyring: Arc<ArcSwap<Keyring>>,
        issuer: Issuer,
        events: EventStore,
        realm: String,
    ) -> Self {
        let names = Arc::new(Names::new(events.clone()));
        let gate = Gate { authn, snapshots, keyring, issuer };
        Self { gate, events, names, realm }
    }

    /// Returns the names in memory.
    #[must_use]
    pub fn names(&self) -> &Arc<Names> {
        &self.names
    }

    /// Returns the URL of the token endpoint.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Returns the service that a path names, or the only service if the path names none. Fails with
    /// [`CatalogueError::Off`] if the service does not exist, if the path names none of several services, or if clients
    /// may not list the names of the service. Fails with [`CatalogueError::TooStale`] if the policy in memory is too
    /// old.
    pub fn service(&self, asked: Option<&str>) -> Result<ServiceName, CatalogueError> {
        let snapshot = self.gate.snapshots.fresh()?;
        served(&snapshot, asked).map(|service| service.name.clone()).ok_or(CatalogueError::Off)
    }

    /// Finds the names that contain a text, among the names that the client may pull.
    pub async fn search(
        &self,
        service: Option<&str>,
        asker: &Asker,
        query: SearchQuery,
    ) -> Result<Vec<Found>, CatalogueError> {
        let (service, sight) = self.gate.sight(service, asker).await?;
        let names = self.names.of(&service).await?;
        let looking = self.gate.snapshots.looking();
        let effort = looking.effort();
        Ok(looking.run(move || search(&names, &sight, &service, &query, effort)).await?)
    }

    /// Fails if the client does not prove that it is a user or robot.
    pub async fn is_somebody(&self, service: Option<&str>, asker: &Asker) -> Result<(), CatalogueError> {
        let (_, sight) = self.gate.sight(service, asker).await?;
        sight.subject.identity.as_ref().map(drop).ok_or(CatalogueError::LoginRequired)
    }

    /// Decides which repositories the client of a list may see. Fails with [`CatalogueError::LoginRequired`] if the
    /// client presents neither credentials nor a token.
    async fn sight_with_token(
        &self,
        service: Option<&str>,
        asker: &Asker,
    ) -> Result<(ServiceName, Arc<Sight>), CatalogueError> {
        self.service(service)?;
        if asker.shows_nothing() {
            return Err(CatalogueError::LoginRequired);
        }
        self.gate.sight(service, asker).await
    }

    /// Returns a page of the repositories that the client may pull.
    pub async fn repositories(
        &self,
        service: Option<&str>,
        asker: &Asker,
        query: &ListQuery,
    ) -> Result<Page, CatalogueError> {
        let (service, sight) = self.sight_with_token(service, asker).await?;
        let wanted = query.repositories()?;
        let keyring = self.gate.keyring.load_full();
        let places = Places { keyring: &keyring, service: &service };
        let last = places.open(&query.last)?;
        let names = self.names.of(&service).await?;
        let (looking, of) = (self.gate.snapshots.looking(), service.clone());
        let effort = looking.effort();
        let (entries, end) = looking.run(move || page(&names, &sight, &of, (wanted, &last), effort)).await?;
        let next = match end {
            End::Whole => None,
            End::Entry => entries.last().cloned(),
            End::Within(name) => Some(places.seal(&name)?),
        };
        Ok(Page { entries, next: next.map(|next| (Some(wanted), next)) })
    }

    /// Returns a page of the tags of a repository. Fails with [`CatalogueError::Denied`] if the client may not pull
    /// from the repository.
    pub async fn tags(
        &self,
        service: Option<&str>,
        repository: &str,
        asker: &Asker,
        query: &ListQuery,
    ) -> Result<Page, CatalogueError> {
        let (service, sight) = self.sight_with_token(service, asker).await?;
        // Only clients that may pull from the repository may learn if the repository exists.
        if repository.contains('\0') || !sight.granted(&service, &[repository]).contains(repository) {
            return Err(CatalogueError::Denied);
        }
        let wanted = query.tags()?;
        let mut reader = self.events.read().await?;
        reader.find_repository(service.as_str(), repository).await?.ok_or(CatalogueError::NoRepository)?;
        let number = wanted.unwrap_or(TAGS);
        let most = i64::try_from(number + 1).unwrap_or(i64::MAX);
        let last = query.last.replace('\0', "");
        let mut entries = reader.list_tag_names(service.as_str(), repository, &last, most).await?;
        let is_more = entries.len() > number;
        entries.truncate(number);
        let next = entries.last().filter(|_| is_more).map(|last| (wanted, last.clone()));
        Ok(Page { entries, next })
    }
}

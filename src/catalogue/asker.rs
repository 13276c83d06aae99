//! The client of a list or a search, and the repositories that the client may see.

use super::claims::Claims;
use super::error::CatalogueError;
use crate::authn::{Authenticated, Authenticator, AuthnError, Presented, Purpose};
use crate::domain::service::{Issuer, Service, ServiceName};
use crate::domain::subject::{Subject, SubjectName};
use crate::domain::time::Timestamp;
use crate::snapshot::{Sight, Snapshot, Snapshots};
use crate::token::Keyring;
use arc_swap::ArcSwap;
use std::net::IpAddr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The number of attempts to answer a request, if the client's account is changed during an attempt.
const TRIES: usize = 4;

/// The credentials or the token that the client presents.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Credentials of a person or a machine, or none.
    Credentials(Presented),
    /// A registry token that is not verified yet.
    Token(Zeroizing<String>),
}

/// The identity of a client, as presented: its credentials or token, its address, and the time of the request.
#[derive(Debug, Clone)]
pub struct Asker {
    /// The credentials or the token that the client presents.
    pub shown: Shown,
    /// The client's address, if it is known.
    pub address: Option<IpAddr>,
    /// The time of the request.
    pub now: Timestamp,
}

impl Asker {
    /// Returns true if the client presents neither credentials nor a token.
    #[must_use]
    pub fn shows_nothing(&self) -> bool {
        matches!(self.shown, Shown::Credentials(Presented::Nothing))
    }
}

/// Returns the service that the path names, or the only service if the path names none. Returns `None` if the service
/// does not exist, if the path names none of several services, or if clients may not list the names of the service.
pub(super) fn served<'s>(snapshot: &'s Snapshot, asked: Option<&str>) -> Option<&'s Service> {
    let service = match asked {
        Some(text) => snapshot.services.get(&ServiceName::parse(text).ok()?)?,
        None => {
            let mut services = snapshot.services.values();
            let only = services.next()?;
            services.next().is_none().then_some(only)?
        }
    };
    service.search.then_some(service)
}

/// Authenticates a client, and decides which repositories the client may see.
pub(super) struct Gate {
    pub(super) authn: Arc<Authenticator>,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) keyring: Arc<ArcSwap<Keyring>>,
    pub(super) issuer: Issuer,
}

impl Gate {
    /// Decides which repositories of a service the client may see. The decision and the subject come from the same
    /// snapshot.
    pub(super) async fn sight(
        &self,
        asked: Option<&str>,
        asker: &Asker,
    ) -> Result<(ServiceName, Arc<Sight>), CatalogueError> {
        for _ in 0..TRIES {
            let snapshot = self.snapshots.fresh()?;
            let service = served(&snapshot, asked).ok_or(CatalogueError::Off)?;
            let sight = match &asker.shown {
                Shown::Token(token) => self.of_token(&snapshot, service, token, asker).await?,
                Shown::Credentials(presented) => {
                    let purpose = Purpose::Token(Some(&service.name));
                    match self.authn.prove(presented, purpose, asker.address, asker.now).await? {
                        None => Some(sight(snapshot.clone(), Subject::anonymous(), asker)),
                        Some(who) => self.of_proven(&who, asker).await?,
                    }
                }
            };
            if let Some(sight) = sight {
                // The snapshot of `sight` can be newer than `snapshot`. Since then the service may have been deleted,
                // or its lists turned off.
                let is_served = sight.snapshot.services.get(&service.name).is_some_and(|now| now.search);
                let name = service.name.clone();
                return if is_served { Ok((name, Arc::new(sight))) } else { Err(CatalogueError::Off) };
            }
        }
        Err(CatalogueError::Overtaken)
    }

    /// Decides for a client with credentials. Returns `None` if the account was changed meanwhile.
    async fn of_proven(&self, who: &Authenticated, asker: &Asker) -> Result<Option<Sight>, CatalogueError> {
        let snapshot = self.snapshots.at_least(who.found.seq).await?;
        let restriction = who.restriction.clone();
        let sight = Sight { restriction, ..sight(snapshot, Subject::clone(&who.subject), asker) };
        Ok(self.authn.is_current(who).then_some(sight))
    }

    /// Decides for a client with a token. The server takes the subject from the token, and the rules decide again which
    /// repositories the subject may see. A narrowed token can only shorten the list. Returns `None` if the account was
    /// changed meanwhile.
    async fn of_token(
        &self,
        snapshot: &Arc<Snapshot>,
        service: &Service,
        token: &str,
        asker: &Asker,
    ) -> Result<Option<Sight>, CatalogueError> {
        let payload = self.keyring.load().verify(service, token);
        let payload = payload.map_err(|_| CatalogueError::BadToken("its signature or its form is wrong"))?;
        let claims = Claims::read(&payload, &self.issuer, &service.name, asker.now)?;
        if claims.subject.is_empty() {
            let only = claims.only;
            return Ok(Some(Sight { only, ..sight(snapshot.clone(), Subject::anonymous(), asker) }));
        }
        let name = SubjectName::parse(&claims.subject)
            .map_err(|_| CatalogueError::BadToken("its subject is not a valid name"))?;
        let named = self.authn.find_named(&name, claims.issued_by, asker.now).await;
        let named = named.map_err(|error| match error {
            // The client then asks for a new token. Before the server issues this token, it asks the provider.
            AuthnError::Unconfirmed(_) => {
                CatalogueError::BadToken("the provider must confirm its owner again")
            }
            error => error.into(),
        })?;
        let snapshot = self.snapshots.at_least(named.found.seq).await?;
        let sight = Sight { only: claims.only, ..sight(snapshot, named.found.as_subject(), asker) };
        Ok(self.authn.still_holds(&named.stamp).then_some(sight))
    }
}

fn sight(snapshot: Arc<Snapshot>, subject: Subject, asker: &Asker) -> Sight {
    Sight { snapshot, subject, restriction: None, only: None, address: asker.address, at: asker.now }
}

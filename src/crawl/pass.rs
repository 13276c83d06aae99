//! The tokens of a crawl. They are issued like the tokens of clients, and issued again before they expire.

use super::error::CrawlError;
use crate::authn::Presented;
use crate::domain::access::Access;
use crate::domain::scope::ScopeList;
use crate::domain::service::{ClientId, ServiceName};
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use crate::issue::{TokenIssuer, TokenRequest};
use std::sync::Arc;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// The client id in the log lines of a crawl's tokens.
const CLIENT: &str = "portreeve-crawl";

/// Issues the tokens of one crawl.
pub(super) struct Passes {
    pub(super) issuer: Arc<TokenIssuer>,
    pub(super) service: ServiceName,
    pub(super) robot: SubjectName,
    /// The id of the crawl. It is the request id in the log lines of the crawl's tokens.
    pub(super) id: String,
}

/// A token, and the scopes for which it was requested.
pub(super) struct Pass {
    scopes: ScopeList,
    token: Zeroizing<String>,
    granted: Access,
    is_complete: bool,
    /// The time after which the token is issued again.
    until: Instant,
}

impl Passes {
    /// Issues a token that grants as many of these scopes as the rules allow.
    pub(super) async fn issue(&self, scopes: &[String], now: Timestamp) -> Result<Pass, CrawlError> {
        let scopes = ScopeList::parse(scopes.iter().map(String::as_str)).unwrap_or_default();
        self.issue_for(scopes, now).await
    }

    /// Issues the token again after half of its lifetime. The new token may grant other rights, if the rules changed.
    pub(super) async fn renew(&self, pass: &mut Pass, now: Timestamp) -> Result<(), CrawlError> {
        if Instant::now() >= pass.until {
            *pass = self.issue_for(pass.scopes.clone(), now).await?;
        }
        Ok(())
    }

    async fn issue_for(&self, scopes: ScopeList, now: Timestamp) -> Result<Pass, CrawlError> {
        let request = TokenRequest {
            presented: Presented::Server(self.robot.clone()),
            service: Some(self.service.to_string()),
            scopes: scopes.clone(),
            offline: false,
            client_id: ClientId::new(CLIENT),
            grant_type: None,
            address: None,
            request_id: self.id.clone(),
        };
        let issued = self.issuer.issue(request, now).await;
        let issued = issued.map_err(|error| CrawlError::of_issue(error, &self.robot))?;
        let half = Duration::from_secs(u64::try_from(issued.expires_in).unwrap_or_default()) / 2;
        let token = Zeroizing::new(issued.token);
        let (granted, is_complete) = (issued.granted, issued.is_complete);
        Ok(Pass { scopes, token, granted, is_complete, until: Instant::now() + half })
    }
}

impl Pass {
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// True if the token grants all requested scopes.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// True if the token grants `pull` on a repository.
    pub(super) fn pulls(&self, repository: &str) -> bool {
        self.granted.entries().iter().any(|entry| {
            entry.resource_type.is_repository()
                && entry.name.as_str() == repository
                && entry.actions.iter().any(|action| action.as_str() == "pull")
        })
    }
}

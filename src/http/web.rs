//! The shared data of handlers: the use cases, the id of a request, and the root path of the administration API.

use super::connection::Doors;
use super::cors::Cors;
use super::paths::TokenPaths;
use super::proxies::TrustedProxies;
use super::signin::PublicUrl;
use super::tls::Tls;
use crate::authn::{Authenticator, Outside};
use crate::catalogue::Catalogue;
use crate::clock::{Clock, Steps};
use crate::crawl::Crawler;
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::events::Receiver;
use crate::issue::TokenIssuer;
use crate::manage::{Administration, SigningKeys};
use crate::metrics::Metrics;
use crate::signin::SignIn;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use crate::storage::events::EventStore;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The root path of the administration API.
pub(super) const API_ROOT: &str = "/api/v1";

/// The id of a request, in its log lines and in `X-Request-Id`.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// The start of a server: its time and its warnings.
#[derive(Debug)]
pub struct Started {
    /// The time of the start.
    pub at: Timestamp,
    /// The warnings about the server's settings.
    pub warnings: Vec<Warning>,
}

/// The data of handlers.
pub struct Web {
    /// The start of this server.
    pub started: Started,
    /// The token endpoint's use case.
    pub issuer: Arc<TokenIssuer>,
    /// The administration API's use cases.
    pub administration: Administration,
    /// The use cases of signing in.
    pub signin: SignIn,
    /// The address at which browsers reach the pages.
    pub public_url: PublicUrl,
    /// True if the console is served, and browser sessions sign in to the administration API.
    pub console: bool,
    /// The authenticator of callers and of browser sessions.
    pub authn: Arc<Authenticator>,
    /// The identity providers.
    pub outside: Arc<Outside>,
    /// The policy, the services and the providers in memory.
    pub snapshots: Arc<Snapshots>,
    /// The main database.
    pub store: Store,
    /// The receiver of the reports of registries.
    pub events: Receiver,
    /// The lists and searches of repositories that clients may pull.
    pub catalogue: Catalogue,
    /// The crawler, which fills the inventory from existing registries.
    pub crawler: Arc<Crawler>,
    /// The database of the events of registries.
    pub event_store: EventStore,
    /// The metrics.
    pub metrics: Arc<Metrics>,
    /// The signing keys, of which this server publishes the public halves.
    pub signing_keys: Arc<SigningKeys>,
    /// The server's own TLS, if it has any.
    pub tls: Option<Arc<Tls>>,
    /// The clock.
    pub clock: Clock,
    /// The limits of connections.
    pub doors: Doors,
    /// The steps of the machine's clock: each time that it was set.
    pub steps: Arc<Steps>,
    /// The networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// The paths of the token endpoint.
    pub token_paths: TokenPaths,
    /// The web pages that may ask for tokens.
    pub cors: Cors,
    /// The flag that is set when the server is about to stop.
    pub stopping: Arc<AtomicBool>,
}

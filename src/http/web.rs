//! What handlers share: the use cases behind them, the id of a request, and which paths are whose.

use super::connection::Doors;
use super::cors::Cors;
use super::paths::TokenPaths;
use super::proxies::TrustedProxies;
use super::signin::PublicUrl;
use super::tls::Tls;
use crate::authn::{Authenticator, Outside};
use crate::clock::{Clock, Steps};
use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use crate::issue::TokenIssuer;
use crate::manage::{Administration, SigningKeys};
use crate::metrics::Metrics;
use crate::signin::SignIn;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where the administration API begins.
pub(super) const API_ROOT: &str = "/api/v1";

/// The id of a request, in its log lines and in `X-Request-Id`.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);
/// The start of a server.
#[derive(Debug)]
pub struct Started {
    /// When.
    pub at: Timestamp,
    /// What was said of its settings.
    pub warnings: Vec<Warning>,
}

/// What handlers work with.
pub struct Web {
    /// The start of this server.
    pub started: Started,
    /// The token endpoint's use case.
    pub issuer: TokenIssuer,
    /// The administration API's use cases.
    pub administration: Administration,
    /// The use cases of signing in.
    pub signin: SignIn,
    /// Where browsers reach the pages.
    pub public_url: PublicUrl,
    /// Whether the console is served, and browser sessions sign in to the administration API.
    pub console: bool,
    /// Proves who calls the administration API.
    pub authn: Arc<Authenticator>,
    /// Signs people in at their identity providers.
    pub outside: Arc<Outside>,
    /// The policy in memory, for readiness.
    pub snapshots: Arc<Snapshots>,
    /// The database, for what is measured of it.
    pub store: Store,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// The keys to publish.
    pub signing_keys: Arc<SigningKeys>,
    /// The server's own TLS, if it has any.
    pub tls: Option<Arc<Tls>>,
    /// The time.
    pub clock: Clock,
    /// Who is let in.
    pub doors: Doors,
    /// Whether the clock was set.
    pub steps: Arc<Steps>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
    /// Where tokens are.
    pub token_paths: TokenPaths,
    /// Which web pages may ask for them.
    pub cors: Cors,
    /// Set when the server is about to stop.
    pub stopping: Arc<AtomicBool>,
}

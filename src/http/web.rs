//! What handlers share: the use cases behind them, the id of a request, and which paths are whose.

use super::tls::Tls;
use crate::authn::Authenticator;
use crate::clock::Clock;
use crate::issue::TokenIssuer;
use crate::manage::{Administration, SigningKeys};
use crate::metrics::Metrics;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use ipnet::IpNet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where the administration API begins.
pub(super) const API_ROOT: &str = "/api/v1";

/// Paths of the token endpoint, answered directly.
// INTEROP: a redirect turns a POST into an anonymous GET; registries are configured with all four
// of the first, and with `/auth/` now and then.
pub(super) const TOKEN_PATHS: [&str; 6] =
    ["/token", "/token/", "/auth", "/auth/", "/auth/token", "/auth/token/"];

/// The id of a request, in its log lines and in `X-Request-Id`.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// What handlers work with.
pub struct Web {
    /// The token endpoint's use case.
    pub issuer: TokenIssuer,
    /// The administration API's use cases.
    pub administration: Administration,
    /// Proves who calls the administration API.
    pub authn: Arc<Authenticator>,
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
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Set when the server is about to stop.
    pub stopping: Arc<AtomicBool>,
}

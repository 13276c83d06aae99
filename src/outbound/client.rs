//! The client, and the bounds that it keeps to.

use super::answer::Answer;
use super::error::OutboundError;
use super::request::Request;
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls::crypto::ring as cryptography;
use std::time::Duration;

/// How a client calls: under which name, for how long, on which way.
pub struct Bounds {
    /// The `User-Agent` header.
    pub user_agent: &'static str,
    /// How long it may take to connect; without a limit of its own when `None`.
    pub connect: Option<Duration>,
    /// How long the other side may send nothing.
    pub silence: Option<Duration>,
    /// How long the whole call may take, up to the last byte of the body.
    pub whole: Option<Duration>,
    /// Whether calls go through the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxied: bool,
    /// Whether a later call may use the same connection.
    pub reused: bool,
}

/// Whose certificates a client accepts.
pub enum Trust {
    /// Certificates that an authority of the system signed.
    System,
    /// Certificates that these settings accept; they also hold the client's own certificate.
    Settings(Box<ClientConfig>),
}

/// Sends requests. A clone shares the connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// A client that keeps to `bounds`.
    pub fn new(bounds: &Bounds, trust: Trust) -> Result<Self, OutboundError> {
        // An error says that a provider is installed already.
        let _ = cryptography::default_provider().install_default();
        let mut builder =
            reqwest::Client::builder().redirect(Policy::none()).tls_info(true).user_agent(bounds.user_agent);
        if let Trust::Settings(settings) = trust {
            builder = builder.tls_backend_preconfigured(*settings);
        }
        if let Some(limit) = bounds.connect {
            builder = builder.connect_timeout(limit);
        }
        if let Some(limit) = bounds.silence {
            builder = builder.read_timeout(limit);
        }
        if let Some(limit) = bounds.whole {
            builder = builder.timeout(limit);
        }
        if !bounds.proxied {
            builder = builder.no_proxy();
        }
        if !bounds.reused {
            builder = builder.pool_max_idle_per_host(0);
        }
        Ok(Self { http: builder.build()? })
    }

    /// Sends a request, and returns when the head of the answer is there.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, OutboundError> {
        Ok(Answer::new(request.onto(&self.http)?.send().await?))
    }
}

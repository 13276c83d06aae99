//! The HTTP client and its limits.

use super::answer::Answer;
use super::error::OutboundError;
use super::request::Request;
use reqwest::redirect::Policy;
use rustls::ClientConfig;
use rustls::crypto::ring as cryptography;
use std::time::Duration;

/// The settings of a client: its name, its time limits, and its proxy.
pub struct Bounds {
    /// The value of the `User-Agent` header.
    pub user_agent: &'static str,
    /// The time limit for connecting; `None` for no separate limit.
    pub connect: Option<Duration>,
    /// The longest time for which the other side may send nothing; `None` for no limit.
    pub silence: Option<Duration>,
    /// The time limit of the whole call, up to the last byte of the body; `None` for no limit.
    pub whole: Option<Duration>,
    /// True if calls use the proxy that the environment names (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxied: bool,
    /// True if a later call may reuse the connection.
    pub reused: bool,
}

/// The certificates that a client accepts.
pub enum Trust {
    /// Certificates that a certificate authority of the system signed.
    System,
    /// Certificates that these TLS settings accept. The settings may also contain the client's own certificate.
    Settings(Box<ClientConfig>),
}

/// The client that sends requests. Clones share the connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
}

impl Client {
    /// Builds a client with the limits `bounds`.
    pub fn new(bounds: &Bounds, trust: Trust) -> Result<Self, OutboundError> {
        // An error means that a provider of cryptography is already installed.
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

    /// Sends a request, and returns when the status and the headers of the answer have arrived.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, OutboundError> {
        Ok(Answer::new(request.onto(&self.http)?.send().await?))
    }
}

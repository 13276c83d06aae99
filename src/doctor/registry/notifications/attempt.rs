//! Sends one report without events, in the same way as the registry.
//!
//! INVARIANT: the key is sent only to the URL in the registry's file. The key is not sent to the target of a
//! redirection, to a server whose certificate is not verified, or with another scheme. The key is sent over plain
//! http only within a private network or this machine, and to `localhost` only if the registry is on this machine.

use super::endpoint::Endpoint;
use crate::doctor::docker::client::{Answer, Ask, Client, Failure, Pass};
use crate::doctor::registry::address::is_local;
use crate::doctor::server::realm_address::{is_private, with_scheme};
use crate::outbound::Method;
use url::Url;

/// The content type of an envelope of events.
// SPEC: distribution "Work with notifications".
const ENVELOPE: &str = "application/vnd.docker.distribution.events.v1+json";
/// An envelope without events.
const EMPTY: &[u8] = br#"{"events": []}"#;

/// The decision whether the doctor may send the key to the URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The doctor may send the key.
    Open,
    /// The key would cross a public network over plain http.
    Readable,
    /// The URL means the registry's own machine, which is not this machine.
    Elsewhere,
}

impl Way {
    /// Decides whether the doctor may send the key to a URL. `is_here` is true if the registry is on this
    /// machine.
    pub(super) async fn to(url: &Url, is_here: bool) -> Self {
        if is_local(url) {
            return if is_here { Self::Open } else { Self::Elsewhere };
        }
        if url.scheme() == "https" {
            return Self::Open;
        }
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let port = url.port_or_known_default().unwrap_or_default();
        let found = tokio::net::lookup_host((host, port)).await;
        // If the name cannot be resolved, no request can reach a server, so `Open` does no harm.
        let is_public = found.is_ok_and(|mut found| found.any(|address| !is_private(address.ip())));
        if is_public { Self::Readable } else { Self::Open }
    }
}

/// The outcome of an attempt.
pub(super) enum Outcome {
    Answered(Answer),
    /// A server answers at this URL, which is the endpoint's URL with `http` and `https` exchanged.
    OtherScheme(Url),
    Failed(Failure),
}

/// Sends a report without events. Only if `with_key` is true, the request has the headers and the login from the
/// file, which contain the key. If the server probably speaks the other scheme, tries that scheme, without the key.
pub(super) async fn attempt(client: &Client, endpoint: &Endpoint, url: &Url, with_key: bool) -> Outcome {
    let mut ask = empty(url);
    if with_key {
        ask.headers = endpoint.headers();
        ask.pass = endpoint.login().map_or(Pass::Nobody, |(user, password)| Pass::Password(user, password));
    }
    let sent = client.send(ask).await;
    let is_https = url.scheme() == "https";
    let may_be_other = match &sent {
        Err(Failure::NotTls) => true,
        // Without a port in the URL, plain http would use another port, at which another server may answer.
        Err(Failure::Unreachable(_)) => !is_https || url.port().is_some(),
        // INTEROP: Go, nginx and HAProxy answer plain http at a TLS port with status 400.
        Ok(answer) => !is_https && answer.status == 400,
        Err(_) => false,
    };
    if may_be_other {
        let other = with_scheme(url, if is_https { "http" } else { "https" });
        // The request has neither the headers nor the login of the endpoint, so the certificate need not be
        // verified.
        if client.send_unverified(empty(&other)).await.is_ok() {
            return Outcome::OtherScheme(other);
        }
    }
    match sent {
        Ok(answer) => Outcome::Answered(answer),
        Err(failure) => Outcome::Failed(failure),
    }
}

fn empty(url: &Url) -> Ask<'_> {
    let body = Some((ENVELOPE, EMPTY.to_vec()));
    Ask { method: Method::POST, body, ..Ask::get(url, Pass::Nobody) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_key_crosses_no_public_network_in_clear_text() {
        for (url, is_here, expected) in [
            ("http://localhost:1/events/a", true, Way::Open),
            ("http://127.0.0.1:1/events/a", true, Way::Open),
            ("http://localhost:1/events/a", false, Way::Elsewhere),
            ("https://localhost:1/events/a", false, Way::Elsewhere),
            ("http://10.0.0.1/events/a", false, Way::Open),
            ("http://[fd00::1]/events/a", true, Way::Open),
            ("http://192.0.2.1/events/a", true, Way::Readable),
            ("http://[2001:db8::1]/events/a", false, Way::Readable),
            ("https://192.0.2.1/events/a", false, Way::Open),
        ] {
            assert_eq!(Way::to(&Url::parse(url).unwrap(), is_here).await, expected, "{url} {is_here}");
        }
    }
}

//! Warnings about settings that can be used but are probably wrong.

use super::Config;
use crate::domain::service::ServiceName;
use std::net::{IpAddr, SocketAddr};

impl Config {
    /// Returns warnings about a realm that is missing, that clients cannot reach or will refuse, that has no path, or
    /// that is not encrypted.
    #[must_use]
    pub fn realm_warnings(&self, bound: SocketAddr) -> Vec<String> {
        let mut warnings = Vec::new();
        let Some(realm) = &self.realm else {
            if !bound.ip().is_loopback() {
                warnings.push(format!(
                    "no realm is set, so registries are told `{}`, which only this machine can reach: set {} to the URL that clients reach",
                    self.realm(bound),
                    self.places.name("realm")
                ));
            }
            return warnings;
        };
        let host = realm.host_str().unwrap_or_default();
        let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        let is_unspecified = literal.is_some_and(|address| address.is_unspecified());
        let has_no_path = realm.path().trim_matches('/').is_empty();
        if is_unspecified {
            let path = if has_no_path { "/token" } else { realm.path() };
            warnings.push(format!(
                "the realm `{realm}` names {host}, an address to listen on, which clients cannot reach: write `https://NAME{path}` with the name that clients reach"
            ));
        } else if has_no_path {
            let mut whole = realm.clone();
            whole.set_path("/token");
            warnings.push(format!(
                "the realm `{realm}` has no path, and clients ask for tokens at exactly this address: write `{whole}`"
            ));
        }
        if literal.is_some_and(is_private) {
            // INTEROP: go-containerregistry since 0.21.4 (crane, ko) and regclient refuse private addresses.
            warnings.push(format!(
                "the realm `{realm}` names a private address: crane, ko and regclient refuse such realms; give it a DNS name"
            ));
        }
        if realm.scheme() == "http" && host != "localhost" {
            warnings.push(format!(
                "the realm `{realm}` is plain http: passwords cross the network in the clear, and clients refuse it behind an https registry; {}",
                if self.tls.is_some() {
                    "write https".to_owned()
                } else {
                    format!("set {}, or put TLS in front", self.places.names(&["tls_cert", "tls_key"]))
                }
            ));
        }
        warnings
    }

    /// Returns a warning if passwords probably cross a network without encryption: other machines reach this
    /// server over plain http, and no setting names a proxy that could add TLS.
    #[must_use]
    pub fn plain_http_warning(&self, bound: SocketAddr) -> Option<String> {
        let is_open = self.tls.is_none() && self.trusted_proxies.is_empty() && !bound.ip().is_loopback();
        is_open.then(|| {
            format!(
                "PLAIN HTTP on {bound}: passwords and tokens cross the network in the clear: set {}, or put a proxy with TLS in front and name its network with {}",
                self.places.names(&["tls_cert", "tls_key"]),
                self.places.name("trusted_proxies")
            )
        })
    }

    /// Returns warnings about services that will be made with a name that is probably a mistake. `is_there`
    /// returns true if a service exists already.
    #[must_use]
    pub fn service_warnings(&self, is_there: impl Fn(&str) -> bool) -> Vec<String> {
        let wanted = self.services.iter().flatten().map(ServiceName::as_str);
        // INTEROP: registries have names such as `Docker registry`, so a space is legal.
        let suspects = wanted.filter(|name| name.contains(' ') && !is_there(name));
        let warn = |name: &str| {
            let parts: Vec<&str> = name.split_whitespace().collect();
            format!(
                "the name of the new service `{name}` holds a space: if these are several services, write {}; if it is one, its registry must be configured with exactly this name",
                self.places.list("services", &parts)
            )
        };
        suspects.map(warn).collect()
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

//! Where browsers reach the pages, and whether they keep our cookies there.

use std::net::IpAddr;

/// Where browsers reach the pages.
#[derive(Debug, Clone)]
pub struct PublicUrl {
    origin: String,
    /// How the operator sets it.
    setting: String,
}

/// Whether a host, perhaps with a port, is this machine for a browser.
// SPEC: W3C Secure Contexts section 3.1: these are trustworthy over plain http.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_local =
        name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost");
    is_local || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl PublicUrl {
    /// The pages are at this origin, such as `https://auth.example.org`. `setting` is what sets it.
    #[must_use]
    pub fn new(origin: String, setting: String) -> Self {
        Self { origin, setting }
    }

    /// The origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// What sets it.
    pub(in crate::http) fn setting(&self) -> &str {
        &self.setting
    }

    /// Whether there is an address at which browsers keep our cookies: https, or this machine.
    pub(in crate::http) fn has_pages(&self) -> bool {
        self.origin.strip_prefix("http://").is_none_or(is_loopback)
    }

    /// Whether a browser that asked this `host` keeps cookies that are for secure connections only: the pages are at
    /// https (then a proxy, or this server, speaks it), or both are this machine.
    // INTEROP: over plain http elsewhere, Chromium drops such a cookie without a word and sends no Sec-Fetch-Site.
    pub(in crate::http) fn keeps_cookies(&self, host: &str) -> bool {
        match self.origin.strip_prefix("http://") {
            None => true,
            Some(own) => is_loopback(own) && is_loopback(host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_need_https_or_this_machine() {
        let keeps =
            |origin: &str, host: &str| PublicUrl::new(origin.to_owned(), String::new()).keeps_cookies(host);
        assert!(keeps("https://auth.example.org", "auth.example.org"));
        assert!(keeps("https://auth.example.org", "10.0.0.7:5001"), "a proxy may speak https");
        for host in ["localhost:5001", "127.0.0.1:5001", "127.9.9.9", "[::1]:5001", "a.localhost"] {
            assert!(keeps("http://localhost:5001", host), "{host}");
            assert!(!keeps("http://auth.example.org", host), "{host}");
        }
        for host in ["", "auth.example.org", "10.0.0.7:5001", "localhost.example.org", "128.0.0.1"] {
            assert!(!keeps("http://localhost:5001", host), "{host}");
        }
    }
}

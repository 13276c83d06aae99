//! The address of the pages for browsers, and the conditions under which browsers keep our cookies there.

use std::net::IpAddr;

/// The address of the pages for browsers.
#[derive(Debug, Clone)]
pub struct PublicUrl {
    origin: String,
    /// The name of the setting for the address.
    setting: String,
}

/// Returns true if a browser takes a host, perhaps with a port, for its own machine.
// SPEC: W3C Secure Contexts section 3.1: such hosts are trustworthy over plain http.
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
    /// Makes the address from an origin, such as `https://auth.example.org`. `setting` is the name of the setting for
    /// the address.
    #[must_use]
    pub fn new(origin: String, setting: String) -> Self {
        Self { origin, setting }
    }

    /// Returns the origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Returns the name of the setting for the address.
    pub(in crate::http) fn setting(&self) -> &str {
        &self.setting
    }

    /// Returns true if browsers keep our cookies at this address: it is https, or the browser's own machine.
    pub(in crate::http) fn has_pages(&self) -> bool {
        self.origin.strip_prefix("http://").is_none_or(is_loopback)
    }

    /// Returns true if a browser that asked this `host` keeps cookies for secure connections. The browser
    /// keeps them if the pages are at https (then a proxy or this server speaks https), or if the address of
    /// the pages and `host` are both the browser's own machine.
    // INTEROP: over plain http on another machine, Chromium silently drops a cookie that is for secure connections, and
    // sends no Sec-Fetch-Site.
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

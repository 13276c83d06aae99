//! A host that the server may call for sign-in.

use crate::domain::subject::shorten;
use std::fmt;

/// The name and the port of a host that may be called. Without a port, only the default port of the scheme may be
/// called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    name: String,
    port: Option<u16>,
}

/// An error: the text is not a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host: write HOST or HOST:PORT, for example `id.example.org`")]
pub struct NotAHost(String);

impl Host {
    /// Parses `HOST` or `HOST:PORT`. An IPv6 address must be in brackets.
    pub fn parse(text: &str) -> Result<Self, NotAHost> {
        let refused = || NotAHost(shorten(text));
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port.parse().map_err(|_| refused())?)),
            _ => (text, None),
        };
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let fits = match inner {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
                !name.is_empty() && name.len() <= 253 && name.bytes().all(is_plain)
            }
        };
        if fits && port != Some(0) {
            Ok(Self { name: name.to_ascii_lowercase(), port })
        } else {
            Err(refused())
        }
    }

    /// Returns true if a URL with this host and port leads to this host. `usual` is the default port of the URL's
    /// scheme.
    #[must_use]
    pub fn is_at(&self, host: &str, port: u16, usual: u16) -> bool {
        self.name.eq_ignore_ascii_case(host) && self.port.unwrap_or(usual) == port
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_with_a_port_or_without() {
        for (text, host, port, is_at) in [
            ("id.example.org", "id.example.org", 443, true),
            ("ID.example.org", "id.example.org", 443, true),
            ("id.example.org", "id.example.org", 8443, false),
            ("id.example.org:8443", "id.example.org", 8443, true),
            ("id.example.org:8443", "id.example.org", 443, false),
            ("id.example.org", "a.id.example.org", 443, false),
            ("[::1]:81", "[::1]", 81, true),
            ("[::1]", "[::1]", 443, true),
        ] {
            assert_eq!(Host::parse(text).unwrap().is_at(host, port, 443), is_at, "{text} {host} {port}");
        }
        for text in ["", "https://a", "a/b", "a:0", "a:b", "a:70000", "[a]", "*.a", "a b", "::1"] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }
}

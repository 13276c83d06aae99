//! The dependencies that all sign-in use cases need, and the description of a visitor.

use crate::authn::Authenticator;
use crate::domain::network::Network;
use crate::snapshot::Snapshots;
use crate::storage::Store;
use std::net::IpAddr;
use std::sync::Arc;

/// The greatest length of the kept name of a browser, in characters.
const LONGEST_AGENT: usize = 200;

/// The use cases of signing in.
pub struct SignIn {
    pub(super) store: Store,
    pub(super) snapshots: Arc<Snapshots>,
    pub(super) authn: Arc<Authenticator>,
}

/// The address and browser of a visitor.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The address of the client, if it is known.
    pub address: Option<IpAddr>,
    /// The name that the browser gives itself, shortened and without control characters.
    agent: Option<String>,
}

impl Visit {
    /// Builds a visit from an address and the name that the browser gives itself.
    #[must_use]
    pub fn new(address: Option<IpAddr>, agent: Option<&str>) -> Self {
        let visible = |text: &str| text.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect();
        Self { address, agent: agent.map(visible) }
    }

    pub(super) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    pub(super) fn agent(&self) -> Option<String> {
        self.agent.clone()
    }

    /// Returns the network in which the address is counted: one IPv4 address, or a /64 of IPv6. Returns `unknown`
    /// without an address.
    pub(super) fn network(&self) -> String {
        self.address.map_or_else(|| "unknown".to_owned(), |address| Network::of(address).to_string())
    }
}

impl SignIn {
    /// Builds the use cases.
    #[must_use]
    pub fn new(store: Store, snapshots: Arc<Snapshots>, authn: Arc<Authenticator>) -> Self {
        Self { store, snapshots, authn }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_is_an_address_or_a_64() {
        let network = |text: &str| Visit::new(Some(text.parse().unwrap()), None).network();
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(Visit::default().network(), "unknown");
    }

    #[test]
    fn what_a_browser_calls_itself_is_bounded() {
        let agent = |text: &str| Visit::new(None, Some(text)).agent().unwrap();
        assert_eq!(agent("Lynx\u{1b}[31m/2\n"), "Lynx[31m/2");
        assert_eq!(agent(&"ü".repeat(500)).chars().count(), LONGEST_AGENT);
    }
}

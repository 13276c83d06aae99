//! Networks of clients: sets of addresses that are counted as one client.

use ipnet::IpNet;
use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

/// Returns the network of `address` with a prefix of `v4` bits for IPv4 or `v6` bits for IPv6. An IPv4
/// address that is written as an IPv6 address counts as IPv4.
#[must_use]
pub fn around(address: IpAddr, v4: u8, v6: u8) -> IpNet {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, bits).map_or_else(|_| IpNet::from(address), |network| network.trunc())
}

/// A network that counts as one client: one IPv4 address, or the /64 of an IPv6 address.
// SPEC: RFC 6177: a site has at least a /64, so one client may use very many addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// Returns the network that contains an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(around(address, 32, 64))
    }
}

impl Display for Network {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpNet::V4(network) => network.addr().fmt(f),
            IpNet::V6(network) => network.fmt(f),
        }
    }
}

//! Networks of clients: addresses that are counted together.

use ipnet::IpNet;
use std::fmt::{self, Display, Formatter};
use std::net::IpAddr;

/// The addresses that share the first bits with `address`: `v4` or `v6` of them.
#[must_use]
pub fn around(address: IpAddr, v4: u8, v6: u8) -> IpNet {
    let address = address.to_canonical();
    let bits = if address.is_ipv4() { v4 } else { v6 };
    IpNet::new(address, bits).map_or_else(|_| IpNet::from(address), |network| network.trunc())
}

/// Where clients come from that are one: an IPv4 address, or the /64 of an IPv6 address.
// SPEC: RFC 6177: a site has at least a /64, so the number of addresses is not a bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// That of an address.
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

//! The proxies whose `X-Forwarded-For` the server believes, and a hint for operators who forgot to configure theirs.

use crate::domain::time::Timestamp;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicI64, Ordering};

/// The least time between two hints about a header that is not believed, seconds.
const HINT_EVERY: i64 = 3_600;

/// The networks of the proxies in front of this server.
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    /// The advice for the operator about adding a proxy.
    to_trust: Box<dyn Fn(IpAddr) -> String + Send + Sync>,
    /// The time before which no hint is due, microseconds since the epoch.
    next_hint: AtomicI64,
}

impl TrustedProxies {
    /// Makes the set of trusted proxies: all proxies in `networks`. `to_trust` makes the advice for trusting
    /// the proxy at an address.
    #[must_use]
    pub fn new(networks: Vec<IpNet>, to_trust: impl Fn(IpAddr) -> String + Send + Sync + 'static) -> Self {
        let to_trust = Box::new(to_trust);
        Self { networks, to_trust, next_hint: AtomicI64::new(i64::MIN) }
    }

    /// Returns the address of the client behind `peer`. `hops` are the entries of `X-Forwarded-For`. Returns
    /// `None` if an entry that is needed to find the client is not an address: rules then treat the address
    /// as unknown. If the peer is not trusted but sent hops, logs a hint, at most once an hour.
    pub(super) fn client(
        &self,
        peer: IpAddr,
        hops: &[&str],
        now: impl FnOnce() -> Timestamp,
    ) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if !hops.is_empty() && !self.trusts(peer) && self.takes_turn(now()) {
            tracing::warn!(
                "X-Forwarded-For is ignored, because anybody can send it; if {peer} is your proxy: {}",
                (self.to_trust)(peer)
            );
        }
        self.right_most_untrusted(peer, hops)
    }

    /// Returns true if this is the address of a trusted proxy.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// Returns true if a hint is due. The next hint is then due an hour later.
    fn takes_turn(&self, now: Timestamp) -> bool {
        let due = self.next_hint.load(Ordering::Relaxed);
        let next = now.plus_seconds(HINT_EVERY).as_micros();
        let is_due = now.as_micros() >= due;
        is_due && self.next_hint.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// Returns the right-most address that is not a trusted proxy. The peer is right of all hops. If all
    /// addresses are trusted proxies, returns the left-most hop. Returns `None` if a needed hop is not an
    /// address.
    fn right_most_untrusted(&self, peer: IpAddr, hops: &[&str]) -> Option<IpAddr> {
        let mut client = peer;
        for hop in hops.iter().rev() {
            if !self.trusts(client) {
                break;
            }
            client = parse_hop(hop.trim())?.to_canonical();
        }
        Some(client)
    }
}

fn parse_hop(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted =
            TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()], |_| {
                String::new()
            });
        let now = Timestamp::from_seconds(0);
        let table = [
            // Each case: peer, `X-Forwarded-For`, client.
            ("203.0.113.9", "198.51.100.1", Some("203.0.113.9")),
            ("10.0.0.1", "198.51.100.1", Some("198.51.100.1")),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1", Some("198.51.100.1")),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", Some("198.51.100.1")),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", Some("10.0.0.3")),
            ("10.0.0.1", "nonsense", None),
            ("10.0.0.1", "198.51.100.1, unknown", None),
            ("10.0.0.1", "[2001:db8::1]:4711", Some("2001:db8::1")),
            ("10.0.0.1", "198.51.100.1:4711", Some("198.51.100.1")),
            ("::ffff:10.0.0.1", "::ffff:198.51.100.1", Some("198.51.100.1")),
            ("::1", "2001:db8::7", Some("2001:db8::7")),
        ];
        for (peer, hops, client) in table {
            let hops: Vec<&str> = hops.split(',').collect();
            let got = trusted.client(peer.parse().unwrap(), &hops, || now);
            assert_eq!(got, client.map(|text| text.parse().unwrap()), "{peer} {hops:?}");
        }
        assert_eq!(
            trusted.client("10.0.0.1".parse().unwrap(), &[], || now),
            Some("10.0.0.1".parse().unwrap())
        );
    }

    #[test]
    fn a_hint_is_given_once_an_hour() {
        let proxies = TrustedProxies::new(Vec::new(), |_| String::new());
        let at = |seconds| proxies.takes_turn(Timestamp::from_seconds(seconds));
        assert_eq!([0, 1, 3_599, 3_600, 3_601, 7_300].map(at), [true, false, false, true, false, true]);
    }
}

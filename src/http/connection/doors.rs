//! Limits the number of connections, in total and from one network.

use super::cut::{Cut, Refused};
use super::record::Record;
use crate::domain::network::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most connections at the internal address. They are counted separately, so that monitoring works while the
/// server is full.
const INTERNAL: usize = 32;

/// The limits of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// The most connections in total.
    pub total: usize,
    /// The most connections of one network: an IPv4 address, or the /64 of an IPv6 address.
    pub network: usize,
}

/// The doors of a server, with the counts of connections that are open, were refused, or were cut.
pub struct Doors {
    pub(super) public: Door,
    pub(super) internal: Door,
    record: Arc<Record>,
}

impl Doors {
    /// Makes the doors. `most` are the limits at the public address.
    #[must_use]
    pub fn new(most: Most) -> Self {
        let record = Arc::default();
        let door =
            |most| Door(Arc::new(Inside { most, open: Mutex::default(), record: Arc::clone(&record) }));
        let internal = Most { total: INTERNAL, network: INTERNAL };
        Self { public: door(most), internal: door(internal), record }
    }

    /// Returns the number of open connections.
    pub(in crate::http) fn open(&self) -> usize {
        self.public.0.lock().total + self.internal.0.lock().total
    }

    /// Returns the limit of connections in total.
    pub(in crate::http) fn most(&self) -> usize {
        self.public.0.most.total + self.internal.0.most.total
    }

    /// Returns the counts of cut and refused connections, for each reason.
    pub(in crate::http) fn record(&self) -> &Record {
        &self.record
    }
}

/// A door: the limit of connections at one address of the server.
#[derive(Clone)]
pub(super) struct Door(Arc<Inside>);

struct Inside {
    most: Most,
    open: Mutex<Open>,
    record: Arc<Record>,
}

#[derive(Default)]
struct Open {
    total: usize,
    networks: HashMap<Network, usize>,
}

/// The place of one open connection among the allowed connections. Dropping this value frees the place.
pub(super) struct Place {
    inside: Arc<Inside>,
    address: IpAddr,
}

impl Inside {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    /// Admits a client, unless there are too many connections. A network may have at most [`Most::network`]
    /// connections, and at most half of the connections that other networks leave unused, rounded up. So a further
    /// network can still connect: of 1,024 connections, the first network gets 512, the second 256, and so on, and the
    /// eleventh still gets one. Networks of trusted proxies have no limit of their own.
    pub(super) fn admit(&self, address: IpAddr, is_proxy: bool) -> Option<Place> {
        let refused = {
            let mut open = self.0.lock();
            let of_network = open.networks.get(&Network::of(address)).copied().unwrap_or_default();
            let free = self.0.most.total.saturating_sub(open.total);
            if free == 0 {
                Some(Refused::Total)
            } else if of_network >= self.0.most.network.min(free) && !is_proxy {
                Some(Refused::Network)
            } else {
                open.total += 1;
                open.networks.insert(Network::of(address), of_network + 1);
                None
            }
        };
        match refused {
            Some(refused) => {
                self.0.record.refused(refused, address);
                None
            }
            None => Some(Place { inside: self.0.clone(), address }),
        }
    }
}

impl Place {
    /// Notes the reason why the connection was cut.
    pub(super) fn cut(&self, cut: Cut) {
        self.inside.record.cut(cut, self.address);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.inside.lock();
        open.total = open.total.saturating_sub(1);
        let network = Network::of(self.address);
        match open.networks.get_mut(&network) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                open.networks.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "local")]
    async fn a_full_network_shuts_out_itself_alone() {
        let doors = Doors::new(Most { total: 6, network: 2 });
        let admit = |text: &str, is_proxy| doors.public.admit(text.parse().unwrap(), is_proxy);
        let first = [admit("192.0.2.1", false), admit("::ffff:192.0.2.1", false)];
        assert!(first.iter().all(Option::is_some));
        assert!(admit("192.0.2.1", false).is_none(), "the network has its two connections");
        let others =
            [admit("192.0.2.2", false), admit("2001:db8:0:1::1", false), admit("2001:db8:0:1::2", false)];
        assert!(others.iter().all(Option::is_some));
        let last = admit("192.0.2.3", false);
        assert!(last.is_some());
        assert!(admit("192.0.2.4", true).is_none(), "all six connections are open");
        drop((others, last));
        assert!(admit("192.0.2.1", true).is_some(), "a proxy brings many clients");
        drop(first);
        assert!(admit("192.0.2.1", false).is_some());
        assert_eq!((doors.open(), doors.public.0.lock().networks.len()), (0, 0));
    }

    #[tokio::test(flavor = "local")]
    async fn networks_that_take_what_they_get_leave_room_for_the_next_one() {
        let doors = Doors::new(Most { total: 1024, network: 512 });
        let admit = |number: u8| doors.public.admit([192, 0, 2, number].into(), false);
        let mut held = Vec::new();
        for (number, takes) in [512, 256, 128, 64, 32, 16, 8, 4, 2, 1].into_iter().enumerate() {
            let before = held.len();
            held.extend(std::iter::from_fn(|| admit(u8::try_from(number).unwrap())));
            assert_eq!(held.len() - before, takes);
        }
        assert!(admit(10).is_some(), "the next network gets the last connection");
        assert!(admit(0).is_none(), "all connections are open");
    }

    #[test]
    fn a_network_is_an_address_or_a_64() {
        let same =
            |one: &str, other: &str| Network::of(one.parse().unwrap()) == Network::of(other.parse().unwrap());
        assert!(same("192.0.2.1", "::ffff:192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
        assert!(same("2001:db8::1", "2001:db8::ffff:0:1") && !same("2001:db8::1", "2001:db8:0:1::1"));
    }
}

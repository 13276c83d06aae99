//! Who is let in: how many connections there may be, in total and from one network.

use super::cut::{Cut, Refused};
use super::record::Record;
use crate::domain::network::Network;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many connections there may be at the address for internal use. They do not count with the others, so
/// that whoever watches the server can do so while it is full.
const INTERNAL: usize = 32;

/// How many connections there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Most {
    /// In total.
    pub total: usize,
    /// From one network: an IPv4 address, or the /64 of an IPv6 address.
    pub network: usize,
}

/// The doors of a server, and what was seen at them.
pub struct Doors {
    pub(super) public: Door,
    pub(super) internal: Door,
    record: Arc<Record>,
}

impl Doors {
    /// Lets so many in.
    #[must_use]
    pub fn new(most: Most) -> Self {
        let record = Arc::default();
        let door =
            |most| Door(Arc::new(Inside { most, open: Mutex::default(), record: Arc::clone(&record) }));
        let internal = Most { total: INTERNAL, network: INTERNAL };
        Self { public: door(most), internal: door(internal), record }
    }

    /// How many connections are open.
    pub(in crate::http) fn open(&self) -> usize {
        self.public.0.lock().total + self.internal.0.lock().total
    }

    /// How many connections there may be.
    pub(in crate::http) fn most(&self) -> usize {
        self.public.0.most.total + self.internal.0.most.total
    }

    /// How many connections were cut and refused, by why.
    pub(in crate::http) fn record(&self) -> &Record {
        &self.record
    }
}

/// One door.
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

/// A place inside. It is free again when this is dropped.
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
    /// Lets a client in, unless there are too many. A network may hold no more than it leaves to others: so however
    /// many networks fill the server, the next one finds room. Networks of trusted proxies have no bound of their
    /// own.
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
    /// Notes why the connection was cut.
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
        assert!(admit("192.0.2.1", false).is_none(), "full");
        let others =
            [admit("192.0.2.2", false), admit("2001:db8:0:1::1", false), admit("2001:db8:0:1::2", false)];
        assert!(others.iter().all(Option::is_some));
        let last = admit("192.0.2.3", false);
        assert!(last.is_some());
        assert!(admit("192.0.2.4", true).is_none(), "full in total");
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
        assert!(admit(10).is_some(), "the next one finds room");
        assert!(admit(0).is_none(), "and nobody else does");
    }

    #[test]
    fn a_network_is_an_address_or_a_64() {
        let same =
            |one: &str, other: &str| Network::of(one.parse().unwrap()) == Network::of(other.parse().unwrap());
        assert!(same("192.0.2.1", "::ffff:192.0.2.1") && !same("192.0.2.1", "192.0.2.2"));
        assert!(same("2001:db8::1", "2001:db8::ffff:0:1") && !same("2001:db8::1", "2001:db8:0:1::1"));
    }
}

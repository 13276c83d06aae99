//! Counts wrong passwords, and computes when the next attempt may be made. The longest wait is a minute. In a network
//! where a user has signed in with the password within 30 days, only wrong passwords for that user from that network
//! make the user wait.
//!
//! Three counters make attempts wait: for a user name in one network, for a user name in all networks, and for a
//! network with all user names. A network is an IPv4 address, or a /64 of IPv6. All clients with an unknown address are
//! one network. Names without an account are counted like names with one. The counters of a name start again when the
//! credential version of its account changes, for example with a new password. Further counters only rank the attempts
//! in the queue ([`Rank`]).
//!
//! Pure data: no clock, no lock. [`super::password`] decides when a password is compared.
//!
//! INVARIANT: an attempt is counted before its password is compared ([`Throttle::reserve`]), so that attempts at the
//! same time cannot exceed a bound. The count of a right password is given back.
// SPEC: NIST SP 800-63B-4 section 3.2.2.

use crate::domain::network::around;
use crate::domain::time::Timestamp;
use crate::metrics::ThrottledBy;
use hashlink::LruCache;
use ipnet::IpNet;
use ring::digest::{Context, SHA256};
use std::net::IpAddr;

/// The number of wrong passwords for a name in one network before the first wait.
const FREE_FOR_NAME_AND_NETWORK: u32 = 10;
/// The number of wrong passwords for a name in all networks before the first wait.
const FREE_FOR_NAME: u32 = 100;
/// The number of wrong passwords in a network for all names before the first wait.
const FREE_FOR_NETWORK: u32 = 100;
/// The life of a counter after the first wrong password, seconds. So occasional mistakes in a large network never add
/// up.
pub(super) const KEPT_SECONDS: i64 = 15 * 60;
/// The time for which a name is known in a network after its password was right there, seconds.
const KNOWN_SECONDS: i64 = 30 * 86_400;
/// The longest wait, seconds.
const LONGEST_WAIT: i64 = 60;
/// The greatest number of entries in each map of [`Throttle`]. The least recently used entries are dropped first.
const MOST: usize = 100_000;
const MICROS: i64 = 1_000_000;

/// The prefix lengths (IPv4, IPv6) of the networks around an address, the smallest network first.
const AROUND: [(u8, u8); 3] = [(24, 48), (16, 40), (8, 32)];

/// A part of the digest of a name and network. The digest replaces the name, because names that clients send may be
/// long and may be misplaced secrets.
type Key = [u8; 16];

/// A refusal before the password was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong passwords {}: try again in {seconds} s", from_where(*.by))]
pub struct Throttled {
    /// The wait before the next try, seconds: 1 to 60.
    pub seconds: u32,
    /// The counter that asks for the longest wait.
    pub by: ThrottledBy,
}

/// Returns the words for the client that say which wrong passwords a counter counts.
fn from_where(by: ThrottledBy) -> &'static str {
    match by {
        ThrottledBy::NameAndNetwork => "with this user name from your network",
        ThrottledBy::Name => "with this user name",
        ThrottledBy::Network => "from your network",
    }
}

/// The rank of an attempt in the queue: the lowest rank comes first.
///
/// A name that is known in its network has the rank 0. Any other rank is a sum of recent attempts that were not right:
/// those with the name, and those from each network around the client's address ([`AROUND`]). So a newcomer passes
/// people who guess, even if they guess from many networks. In a network where any password was right within 30 days,
/// only the smallest of these networks counts.
pub(super) type Rank = u32;

/// The keys of the counters of one attempt.
pub(super) struct Attempted {
    /// The user name and the network, with the present password of the account.
    pair: Key,
    /// The user name in any network, with the present password of the account.
    name: Key,
    network: Key,
    /// The user name and the network, with any password of the account.
    known: Key,
    around: [Key; AROUND.len()],
    is_exempt: bool,
    at: Timestamp,
}

impl Attempted {
    /// Returns the keys of the counters that decide the attempt's rank.
    fn asked(&self) -> impl Iterator<Item = Key> + use<> {
        self.around.into_iter().chain([self.name])
    }
}

/// An attempt that is counted as wrong until it is settled.
pub(super) struct Reserved {
    attempted: Attempted,
    /// The keys of the counters that count the attempt, each with the time of the previous wrong password.
    counted: Vec<(Key, Timestamp)>,
}

#[derive(Clone, Copy)]
struct Counter {
    wrong: u32,
    first: Timestamp,
    last: Timestamp,
}

impl Counter {
    /// Returns the counter at `now`, or `None` if it has ended.
    fn as_of(&mut self, now: Timestamp) -> Option<&mut Self> {
        // A time far ahead means that the clock was ahead. The wait then begins now, not at the stored time.
        if self.last > now.plus_seconds(LONGEST_WAIT) {
            (self.first, self.last) = (now, now);
        }
        (now < self.first.plus_seconds(KEPT_SECONDS)).then_some(self)
    }

    /// Returns the wait before the next attempt, seconds, if `free` wrong attempts are free. Each further wrong
    /// attempt doubles the wait: 1, 2, 4 … 60.
    fn wait(self, free: u32, now: Timestamp) -> u32 {
        let Some(over) = self.wrong.checked_sub(free) else {
            return 0;
        };
        let delay = LONGEST_WAIT.min(1 << over.min(6));
        let left = self.last.plus_seconds(delay).as_micros().saturating_sub(now.as_micros());
        let seconds = left.saturating_add(MICROS - 1) / MICROS;
        u32::try_from(seconds.clamp(0, LONGEST_WAIT)).unwrap_or_default()
    }
}

/// The counters of one server.
pub(super) struct Throttle {
    exempt: Vec<IpNet>,
    wrong: LruCache<Key, Counter>,
    /// The time of the last right password, under two kinds of key: a name together with the client's network, and the
    /// client's network alone.
    known: LruCache<Key, Timestamp>,
    /// The counts of attempts that were not right: for each name, and for each network around a client's address
    /// ([`AROUND`]).
    asked: LruCache<Key, Counter>,
}

impl Throttle {
    /// Makes empty counters. Attempts from the networks `exempt` are never refused, and count only for ranks.
    pub(super) fn new(exempt: Vec<IpNet>) -> Self {
        Self::holding(MOST, exempt)
    }

    fn holding(most: usize, exempt: Vec<IpNet>) -> Self {
        let [wrong, asked] = [LruCache::new(most), LruCache::new(most)];
        Self { exempt, wrong, known: LruCache::new(most), asked }
    }

    /// Returns the keys of the counters of an attempt. `version` is the account's `credential_version`, or 0 if there
    /// is no account: after a new password, earlier wrong passwords for the name no longer count, on every server.
    pub(super) fn attempted(
        &self,
        user: &str,
        version: i64,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Attempted {
        let version = version.to_be_bytes();
        let address = address.map(|address| address.to_canonical());
        let network = of_network(address, 32, 64);
        Attempted {
            pair: key(&[b"pair", &network, user.as_bytes(), &version]),
            name: key(&[b"name", user.as_bytes(), &version]),
            network: key(&[b"network", &network]),
            known: key(&[b"known", &network, user.as_bytes()]),
            around: AROUND.map(|(v4, v6)| key(&[&[v4], &of_network(address, v4, v6)])),
            is_exempt: address.is_some_and(|address| self.exempt.iter().any(|one| one.contains(&address))),
            at: now,
        }
    }

    /// Counts an arriving attempt for ranks, and returns its rank. Fails if the attempt must wait.
    pub(super) fn check(&mut self, attempted: &Attempted) -> Result<Rank, Throttled> {
        if !attempted.is_exempt {
            self.refuse(attempted)?;
        }
        let [near, ..] = attempted.around;
        let is_near = self.is_known(attempted.network, attempted.at);
        let mut rank: Rank = 0;
        for key in attempted.asked() {
            let asked = self.asked.entry(key).or_insert_with(|| Counter::new(attempted.at));
            let asked = count(asked, attempted.at);
            if !is_near || key == near || key == attempted.name {
                rank = rank.saturating_add(asked);
            }
        }
        Ok(if self.is_known(attempted.known, attempted.at) { 0 } else { rank })
    }

    /// Returns true if there is no counter of wrong passwords, so that nobody has to wait.
    pub(super) fn is_calm(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Fails if a password that is remembered as right may not be used now.
    pub(super) fn recall(&mut self, attempted: &Attempted) -> Result<(), Throttled> {
        if attempted.is_exempt || self.is_known(attempted.known, attempted.at) {
            return Ok(());
        }
        self.refuse(attempted)
    }

    /// Takes an attempt out of the counters for ranks: its password was right, or it left the queue before its password
    /// was compared.
    pub(super) fn leave(&mut self, attempted: &Attempted) {
        for key in attempted.asked() {
            if let Some(asked) = self.asked.get_mut(&key) {
                asked.wrong = asked.wrong.saturating_sub(1);
            }
        }
    }

    /// Counts the attempt as wrong, unless its network is exempt. Fails if the attempt must wait. The caller calls this
    /// function when the attempt's turn has come.
    pub(super) fn reserve(&mut self, attempted: Attempted) -> Result<Reserved, Throttled> {
        let mut counted = Vec::new();
        if !attempted.is_exempt {
            self.refuse(&attempted)?;
            for (key, ..) in self.bounds(&attempted) {
                let counter = self.wrong.entry(key).or_insert_with(|| Counter::new(attempted.at));
                counted.push((key, counter.last));
                count(counter, attempted.at);
            }
        }
        Ok(Reserved { attempted, counted })
    }

    /// Ends an attempt. `is_right` is true if the password was right; `None` if it was not compared.
    pub(super) fn settle(&mut self, reserved: &Reserved, is_right: Option<bool>) {
        let Reserved { attempted, counted } = reserved;
        if is_right == Some(false) {
            return;
        }
        for (key, last) in counted {
            self.give_back(key, *last, attempted.at);
        }
        if is_right == Some(true) {
            self.wrong.remove(&attempted.pair);
            for key in [attempted.known, attempted.network] {
                self.known.insert(key, attempted.at);
            }
            self.leave(attempted);
        }
    }

    /// Returns the keys of the counters of an attempt, each with its number of free attempts. A name that is known in
    /// its network has only the counter of that name and network, so that clients of other networks cannot make it
    /// wait.
    fn bounds(&mut self, attempted: &Attempted) -> impl Iterator<Item = (Key, u32, ThrottledBy)> + use<> {
        let all = [
            (attempted.pair, FREE_FOR_NAME_AND_NETWORK, ThrottledBy::NameAndNetwork),
            (attempted.name, FREE_FOR_NAME, ThrottledBy::Name),
            (attempted.network, FREE_FOR_NETWORK, ThrottledBy::Network),
        ];
        let how_many = if self.is_known(attempted.known, attempted.at) { 1 } else { all.len() };
        all.into_iter().take(how_many)
    }

    /// Returns true if a password was right under this key within 30 days.
    fn is_known(&mut self, key: Key, now: Timestamp) -> bool {
        self.known.get(&key).is_some_and(|since| now < since.plus_seconds(KNOWN_SECONDS))
    }

    /// Fails if an attempt must wait.
    fn refuse(&mut self, attempted: &Attempted) -> Result<(), Throttled> {
        let now = attempted.at;
        let mut longest = Throttled { seconds: 0, by: ThrottledBy::NameAndNetwork };
        for (key, free, by) in self.bounds(attempted) {
            let counter = self.wrong.get_mut(&key).and_then(|counter| counter.as_of(now));
            let seconds = counter.map_or(0, |counter| counter.wait(free, now));
            if seconds > longest.seconds {
                longest = Throttled { seconds, by };
            }
        }
        if longest.seconds == 0 { Ok(()) } else { Err(longest) }
    }

    fn give_back(&mut self, key: &Key, last: Timestamp, at: Timestamp) {
        let Some(counter) = self.wrong.get_mut(key) else {
            return;
        };
        counter.wrong = counter.wrong.saturating_sub(1);
        if counter.last == at {
            counter.last = last;
        }
        if counter.wrong == 0 {
            self.wrong.remove(key);
        }
    }
}

impl Counter {
    fn new(now: Timestamp) -> Self {
        Self { wrong: 0, first: now, last: now }
    }
}

/// Adds one to a counter, and returns its new value.
fn count(counter: &mut Counter, now: Timestamp) -> u32 {
    if counter.as_of(now).is_none() {
        *counter = Counter::new(now);
    }
    counter.wrong = counter.wrong.saturating_add(1);
    counter.last = counter.last.max(now);
    counter.wrong
}

/// Returns the network of an address as bytes: the address with every bit after the first `v4` or `v6` bits set to 0.
/// Returns no bytes for an unknown address.
fn of_network(address: Option<IpAddr>, v4: u8, v6: u8) -> Vec<u8> {
    let Some(address) = address else {
        return Vec::new();
    };
    match around(address, v4, v6).addr() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn key(parts: &[&[u8]]) -> Key {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&part.len().to_be_bytes());
        context.update(part);
    }
    let digest = context.finish();
    digest.as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
#[path = "throttle_tests.rs"]
mod tests;

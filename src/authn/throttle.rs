//! Counts wrong passwords, and says when the next attempt may be made. The longest wait is a minute. Whoever
//! signed in from a network before is never made to wait there by others.
//!
//! There are three counters: for a user name from one network, for a user name from anywhere, and for a
//! network with any user name. An IPv4 address is a network, and so is a /64 of IPv6. All clients whose
//! address is unknown are one network. Whether an account exists makes no difference. The counters of a name begin
//! anew with each new password of its account.
//!
//! Pure data: no clock, no lock. Not in here: when a password is compared ([`super::password`]).
//!
//! INVARIANT: an attempt is counted before its password is compared ([`Throttle::reserve`]), so that attempts
//! at the same time cannot exceed a bound. What turned out right is given back.
// SPEC: NIST SP 800-63B-4 section 3.2.2.

use crate::domain::network::around;
use crate::domain::time::Timestamp;
use crate::metrics::ThrottledBy;
use hashlink::LruCache;
use ipnet::IpNet;
use ring::digest::{Context, SHA256};
use std::net::IpAddr;

/// How many wrong passwords are free for a name from one network, for a name, and for a network.
const FREE_FOR_NAME_AND_NETWORK: u32 = 10;
const FREE_FOR_NAME: u32 = 100;
const FREE_FOR_NETWORK: u32 = 100;
/// How long a counter is kept after the first wrong password, seconds. So what happens now and then in a large
/// network never adds up.
pub(super) const KEPT_SECONDS: i64 = 15 * 60;
/// How long a name is known in a network after its password was right there, seconds.
const KNOWN_SECONDS: i64 = 30 * 86_400;
/// The longest wait, seconds.
const LONGEST_WAIT: i64 = 60;
/// How many counters there are at most, and how many known names. The least used go first.
const MOST: usize = 100_000;
const MICROS: i64 = 1_000_000;

/// How many bits the networks around an address have, for IPv4 and for IPv6; the smallest network first.
const AROUND: [(u8, u8); 3] = [(24, 48), (16, 40), (8, 32)];

/// A part of a digest of what is counted: names that clients send may be long, and may be misplaced secrets.
type Key = [u8; 16];

/// A refusal before the password was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many wrong passwords {}: try again in {seconds} s", from_where(*.by))]
pub struct Throttled {
    /// After how many seconds to try again: 1 to 60.
    pub seconds: u32,
    /// The counter that asks for the longest wait.
    pub by: ThrottledBy,
}

/// Which wrong passwords a counter counts, in words for the client.
fn from_where(by: ThrottledBy) -> &'static str {
    match by {
        ThrottledBy::NameAndNetwork => "with this user name from your network",
        ThrottledBy::Name => "with this user name",
        ThrottledBy::Network => "from your network",
    }
}

/// Where an attempt stands in the queue: the lowest number first.
///
/// 0 is for names that are known in their network. Otherwise it is how many attempts with the name and from
/// the networks around it ([`AROUND`]) were not right lately. So whoever comes for the first time passes those
/// who guess, even if they guess from many networks. What comes from further around does not count against a
/// network in which any password was right.
pub(super) type Rank = u32;

/// What one attempt is counted under.
pub(super) struct Attempted {
    /// The name in its network, with this password of the account.
    pair: Key,
    /// The name, with this password of the account.
    name: Key,
    network: Key,
    /// The name in its network, whatever its password.
    known: Key,
    around: [Key; AROUND.len()],
    is_exempt: bool,
    at: Timestamp,
}

impl Attempted {
    /// What decides where it stands in the queue.
    fn asked(&self) -> impl Iterator<Item = Key> + use<> {
        self.around.into_iter().chain([self.name])
    }
}

/// An attempt that is counted as wrong until it is settled.
pub(super) struct Reserved {
    attempted: Attempted,
    /// The counters that count it, each with the time of its last wrong password before this one.
    counted: Vec<(Key, Timestamp)>,
}

#[derive(Clone, Copy)]
struct Counter {
    wrong: u32,
    first: Timestamp,
    last: Timestamp,
}

impl Counter {
    /// The counter as it is at `now`; `None` when it has ended.
    fn as_of(&mut self, now: Timestamp) -> Option<&mut Self> {
        // The clock was ahead for a while: the wait begins now, instead of when it will be that late again.
        if self.last > now.plus_seconds(LONGEST_WAIT) {
            (self.first, self.last) = (now, now);
        }
        (now < self.first.plus_seconds(KEPT_SECONDS)).then_some(self)
    }

    /// How many seconds the next attempt must wait, when `free` are free: 1, 2, 4 … after each wrong one.
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
    /// When a name's password was last right in a network, and when any was.
    known: LruCache<Key, Timestamp>,
    /// Attempts with a name, and from networks around, that were not right.
    asked: LruCache<Key, Counter>,
}

impl Throttle {
    /// Empty counters. What comes from the networks `exempt` is neither counted nor refused.
    pub(super) fn new(exempt: Vec<IpNet>) -> Self {
        Self::holding(MOST, exempt)
    }

    fn holding(most: usize, exempt: Vec<IpNet>) -> Self {
        let [wrong, asked] = [LruCache::new(most), LruCache::new(most)];
        Self { exempt, wrong, known: LruCache::new(most), asked }
    }

    /// What an attempt is counted under. `version` is the account's `credential_version`, 0 where there is no account:
    /// wrong passwords from before a new password was set count for nothing afterwards, on every server.
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

    /// Whether the attempt may go on now, and where it stands in the queue. Asked when it arrives.
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

    /// Whether no wrong password is counted, so that nobody has to wait.
    pub(super) fn is_calm(&self) -> bool {
        self.wrong.is_empty()
    }

    /// Whether a password that is remembered as right may be used now.
    pub(super) fn recall(&mut self, attempted: &Attempted) -> Result<(), Throttled> {
        if attempted.is_exempt || self.is_known(attempted.known, attempted.at) {
            return Ok(());
        }
        self.refuse(attempted)
    }

    /// The attempt left the queue before its password was compared.
    pub(super) fn leave(&mut self, attempted: &Attempted) {
        for key in attempted.asked() {
            if let Some(asked) = self.asked.get_mut(&key) {
                asked.wrong = asked.wrong.saturating_sub(1);
            }
        }
    }

    /// Counts the attempt as wrong, unless it must wait. Asked when its turn has come to be compared.
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

    /// Says what became of an attempt: whether the password was right; `None` if it was not compared.
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

    /// The counters of an attempt, with what is free of each. A name that is known in its network answers to
    /// its own counter only, so that strangers cannot make it wait.
    fn bounds(&mut self, attempted: &Attempted) -> impl Iterator<Item = (Key, u32, ThrottledBy)> + use<> {
        let all = [
            (attempted.pair, FREE_FOR_NAME_AND_NETWORK, ThrottledBy::NameAndNetwork),
            (attempted.name, FREE_FOR_NAME, ThrottledBy::Name),
            (attempted.network, FREE_FOR_NETWORK, ThrottledBy::Network),
        ];
        let how_many = if self.is_known(attempted.known, attempted.at) { 1 } else { all.len() };
        all.into_iter().take(how_many)
    }

    /// Whether a password was right there within 30 days.
    fn is_known(&mut self, key: Key, now: Timestamp) -> bool {
        self.known.get(&key).is_some_and(|since| now < since.plus_seconds(KNOWN_SECONDS))
    }

    /// Refuses an attempt that must wait.
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

/// Counts one more, and returns how many there are now.
fn count(counter: &mut Counter, now: Timestamp) -> u32 {
    if counter.as_of(now).is_none() {
        *counter = Counter::new(now);
    }
    counter.wrong = counter.wrong.saturating_add(1);
    counter.last = counter.last.max(now);
    counter.wrong
}

/// The network of an address, as bytes: the first `v4` or `v6` bits, and the number of bits.
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

//! The periods for which the server keeps the reports of registries and the counts of grants, and the form in which it
//! stores addresses.

use crate::domain::time::Timestamp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The longest period, days: one hundred years.
const MOST_DAYS: i64 = 36_500;
/// The greatest number of single pulls that can be kept.
const MOST_PULLS: i64 = 100_000_000;
const DAY_SECONDS: i64 = 86_400;

/// A kind of stored data, with a period of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Kept {
    /// Single pulls. The value is a number of pulls, not of days.
    Pulls,
    /// Single pushes, mounts and deletions. The value is in days.
    Changes,
    /// Pulls by digest. The value is in days after the last pull.
    Digests,
    /// Usage by day. The value is in days; older days are added up to months.
    Days,
    /// Usage by month. The value is in days.
    Months,
    /// Grants and refusals of tokens by day. The value is in days.
    Grants,
    /// Whole addresses. The value is in days; an older address is cut to its network.
    FullAddresses,
    /// Addresses, whole or cut. The value is in days.
    Addresses,
}

impl Kept {
    /// Returns the name of the kind in the setting.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    const fn usual(self) -> i64 {
        match self {
            Self::Pulls => 1_000_000,
            Self::Changes => 400,
            Self::Digests => 90,
            Self::Days => 62,
            Self::Months => 730,
            Self::Grants => 100,
            Self::FullAddresses => 7,
            Self::Addresses => 30,
        }
    }
}

/// The reason why a text is not a period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeep {
    /// The text is not `NAME=NUMBER` with a known name.
    #[error(
        "`{0}` is not a period: write NAME=NUMBER, for example days=62; NAME is one of pulls, changes, digests, days, months, grants, full-addresses, addresses"
    )]
    Shape(String),
    /// The value is not a number from 0 to the greatest allowed number.
    #[error("`{0}`: the number must be 0 (never stored) to {1}")]
    Number(String, i64),
}

/// The period of each kind of data, or for single pulls their number. A kind with the value 0 is not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    periods: [i64; Kept::VARIANTS.len()],
}

impl Default for Keep {
    fn default() -> Self {
        let mut periods = [0; Kept::VARIANTS.len()];
        for (period, kept) in periods.iter_mut().zip(Kept::VARIANTS) {
            *period = kept.usual();
        }
        Self { periods }
    }
}

impl Keep {
    /// Parses one period, written `NAME=NUMBER`.
    pub fn parse_one(text: &str) -> Result<(Kept, i64), InvalidKeep> {
        let shown = || text.chars().take(80).collect::<String>();
        let (name, number) = text.split_once('=').ok_or_else(|| InvalidKeep::Shape(shown()))?;
        let kept: Kept = name.trim().parse().map_err(|_| InvalidKeep::Shape(shown()))?;
        let most = if kept == Kept::Pulls { MOST_PULLS } else { MOST_DAYS };
        let number = number.trim().parse().ok().filter(|number| (0..=most).contains(number));
        Ok((kept, number.ok_or_else(|| InvalidKeep::Number(shown(), most))?))
    }

    /// Returns the periods: for each kind the last given period, or the default period.
    #[must_use]
    pub fn with(given: &[(Kept, i64)]) -> Self {
        let mut keep = Self::default();
        for (kept, period) in given {
            if let Some(place) = keep.periods.get_mut(*kept as usize) {
                *place = *period;
            }
        }
        keep
    }

    /// Returns the period of a kind, or the number for single pulls; 0 if the kind is not stored.
    #[must_use]
    pub fn period(&self, kept: Kept) -> i64 {
        self.periods.get(kept as usize).copied().unwrap_or_default()
    }

    /// Returns true if data of the kind is stored.
    #[must_use]
    pub fn stores(&self, kept: Kept) -> bool {
        self.period(kept) > 0
    }

    /// Computes the time before which data of the kind is deleted at `now`. Not for [`Kept::Pulls`], which is a
    /// number of pulls and not a time.
    #[must_use]
    pub fn oldest(&self, kept: Kept, now: Timestamp) -> Timestamp {
        now.plus_seconds(-self.period(kept).saturating_mul(DAY_SECONDS))
    }

    /// Returns the text to store at `now` for the client's address of an event: the whole address, its network, or an
    /// empty text. A registry can report an event long after its time `at`, when the purge no longer looks at that day.
    #[must_use]
    pub fn address(&self, address: Option<IpAddr>, at: Timestamp, now: Timestamp) -> String {
        let is_kept = |kept| self.stores(kept) && at >= self.oldest(kept, now);
        match address {
            Some(address) if is_kept(Kept::Addresses) && is_kept(Kept::FullAddresses) => address.to_string(),
            Some(address) if is_kept(Kept::Addresses) => network_of(address),
            _ => String::new(),
        }
    }
}

/// Returns the network of an address: the /24 of an IPv4 address, the /48 of an IPv6 address.
fn network_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

/// Returns the network of a stored address; `None` if the address is cut already or cannot be cut.
#[must_use]
pub fn cut_address(stored: &str) -> Option<String> {
    stored.parse().ok().map(network_of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_period_has_a_usual_value_and_can_be_set() {
        let keep = Keep::default();
        assert_eq!((keep.period(Kept::Pulls), keep.period(Kept::Addresses)), (1_000_000, 30));
        let given: Vec<_> = ["days=31", " addresses = 0 ", "days=5"]
            .map(Keep::parse_one)
            .into_iter()
            .collect::<Result<_, _>>()
            .unwrap();
        let keep = Keep::with(&given);
        assert_eq!((keep.period(Kept::Days), keep.stores(Kept::Addresses)), (5, false));
        for (text, expected) in [
            ("days", "NAME=NUMBER"),
            ("weeks=3", "NAME=NUMBER"),
            ("days=-1", "0 (never stored) to 36500"),
            ("days=x", "0 (never stored) to 36500"),
            ("pulls=100000001", "to 100000000"),
        ] {
            let error = Keep::parse_one(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let names: Vec<&str> = Kept::VARIANTS.iter().map(|kept| kept.as_str()).collect();
        let told = InvalidKeep::Shape(String::new()).to_string();
        assert!(told.contains(&names.join(", ")), "{told}");
    }

    #[test]
    fn an_address_is_cut_to_its_network() {
        for (address, cut) in [
            ("192.0.2.77", Some("192.0.2.0/24")),
            ("2001:db8:1:2:3::4", Some("2001:db8:1::/48")),
            ("::ffff:192.0.2.77", Some("192.0.2.0/24")),
            ("192.0.2.0/24", None),
            ("", None),
        ] {
            assert_eq!(cut_address(address).as_deref(), cut, "{address}");
        }
    }
}

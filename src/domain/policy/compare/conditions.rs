//! The addresses and times that rules, and the ends of accounts, distinguish.

use super::work::Work;
use crate::domain::policy::rule::Rule;
use crate::domain::policy::witness;
use crate::domain::time::Timestamp;
use ipnet::IpNet;
use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The greatest number of combinations of an address and a time.
const MOST_CONDITIONS: usize = 64;

/// An address, if it is known, and a time.
pub(super) type Condition = (Option<IpAddr>, Timestamp);

/// Returns every combination of an address and a time that the rules or `ends` distinguish, from `at` on. The
/// combination of an unknown address and the present time comes first. If there are more than [`MOST_CONDITIONS`],
/// leaves out the later ones and counts a miss in `work`.
pub(super) fn conditions<'a>(
    rules: impl Iterator<Item = &'a Rule>,
    ends: impl Iterator<Item = Timestamp>,
    at: Timestamp,
    work: &mut Work,
) -> Vec<Condition> {
    let mut moments = BTreeSet::from([at]);
    let mut networks: BTreeSet<&IpNet> = BTreeSet::new();
    moments.extend(ends.filter(|time| *time > at));
    for rule in rules {
        moments.extend([rule.not_before, rule.not_after].into_iter().flatten().filter(|time| *time > at));
        networks.extend(&rule.networks);
    }
    let addresses = addresses(&networks);
    let mut conditions: Vec<Condition> = moments
        .into_iter()
        .flat_map(|moment| addresses.iter().map(move |address| (*address, moment)))
        .take(MOST_CONDITIONS + 1)
        .collect();
    if conditions.len() > MOST_CONDITIONS {
        work.miss();
        conditions.truncate(MOST_CONDITIONS);
    }
    conditions
}

/// Returns a list: `None` for an unknown address, and one address for each set of networks that an address can be
/// in. If there are no networks, the list contains only `None`. Networks are either nested or disjoint. So each set
/// first occurs at the very first address, at the first address of a network, or directly after the last address of
/// a network.
fn addresses(networks: &BTreeSet<&IpNet>) -> Vec<Option<IpAddr>> {
    if networks.is_empty() {
        return vec![None];
    }
    let begins = networks.iter().map(|network| network.network());
    let ends = networks.iter().filter_map(|network| following(network.broadcast()));
    let mut kinds = HashSet::new();
    let mut is_new = |address: &IpAddr| {
        kinds.insert(networks.iter().map(|network| network.contains(address)).collect::<Vec<bool>>())
    };
    let first = [IpAddr::from(Ipv4Addr::UNSPECIFIED), IpAddr::from(Ipv6Addr::UNSPECIFIED)];
    let known = [witness::ELSEWHERE].into_iter().chain(first).chain(begins).chain(ends);
    [None].into_iter().chain(known.filter(|address| is_new(address)).map(Some)).collect()
}

fn following(address: IpAddr) -> Option<IpAddr> {
    Some(match address {
        IpAddr::V4(address) => IpAddr::V4(u32::from(address).checked_add(1)?.into()),
        IpAddr::V6(address) => IpAddr::V6(u128::from(address).checked_add(1)?.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;

    #[test]
    fn every_kind_of_address_and_every_moment_to_come_is_there() {
        let rules = [
            rule("a", r#"{"networks": ["10.0.0.0/8", "10.0.0.0/16"], "not_before": "1970-01-01T00:00:01Z"}"#),
            rule("b", r#"{"networks": ["10.0.0.0/24"], "not_after": "1970-01-01T00:00:09Z"}"#),
        ];
        let mut work = Work::new(0);
        let found = conditions(rules.iter(), [].into_iter(), Timestamp::from_seconds(5), &mut work);
        let told = |seconds| {
            let own = found.iter().filter(|one| one.1 == Timestamp::from_seconds(seconds));
            own.map(|one| one.0.map_or("-".to_owned(), |address| address.to_string())).collect::<Vec<_>>()
        };
        let every = ["-", "192.0.2.1", "10.0.0.0", "10.0.1.0", "10.1.0.0"];
        assert_eq!(told(5).len(), every.len());
        assert!(every.iter().all(|one| told(5).contains(&(*one).to_owned())), "{found:?}");
        assert_eq!((told(9), found.len(), work.missed()), (told(5), 10, 0));
    }
}

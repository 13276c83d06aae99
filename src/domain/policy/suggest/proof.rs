//! Proves that suggestions refuse no seen use: decides every use before and after the suggested changes.

use super::credit::Credits;
use super::seen::{Narrowing, Observed, Seen, Suggested, needed};
use crate::domain::policy::compare::work::Work;
use crate::domain::policy::evaluate::Question;
use crate::domain::policy::index::Policy;
use crate::domain::resource::Action;
use crate::domain::subject::{Subject, SubjectRef};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The greatest number of networks of rules for which each use is decided.
const MOST_NETWORKS: usize = 8;
/// Candidates for an address outside all networks of rules. The first such address of IPv4 and the first such
/// address of IPv6 are used.
// SPEC: RFC 5737 (192.0.2.0/24, 203.0.113.0/24) and RFC 3849 (2001:db8::/32) reserve networks for documentation.
// The other candidates are public addresses.
const OUTSIDE: [IpAddr; 6] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V4(Ipv4Addr::new(203, 0, 113, 1)),
    IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0x4860, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2606, 0x4700, 0, 0, 0, 0, 0, 1)),
];

/// The uses, and the rules before the suggested changes.
pub(super) struct Proof<'a> {
    policy: &'a Policy,
    observed: &'a Observed<'a>,
    credits: &'a Credits<'a>,
    /// The addresses for which uses are decided. Uses are always decided without an address. If rules name
    /// networks, uses are also decided for an address in each of at most eight networks. In that case, uses are
    /// also decided for one IPv4 address and one IPv6 address outside all networks, if [`OUTSIDE`] contains such
    /// addresses.
    addresses: Vec<Option<IpAddr>>,
}

/// Returns the addresses for which uses are decided.
fn addresses(policy: &Policy) -> Vec<Option<IpAddr>> {
    let networks = || policy.rules().filter(|rule| rule.enabled).flat_map(|rule| rule.networks.iter());
    let mut addresses = vec![None];
    if networks().next().is_none() {
        return addresses;
    }
    for is_v4 in [true, false] {
        let is_outside = |one: &&IpAddr| one.is_ipv4() == is_v4 && !networks().any(|net| net.contains(*one));
        addresses.extend(OUTSIDE.iter().find(is_outside).map(|address| Some(*address)));
    }
    let most = addresses.len() + MOST_NETWORKS;
    for address in networks().map(|network| Some(network.addr())) {
        if addresses.len() >= most {
            break;
        }
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

impl<'a> Proof<'a> {
    pub(super) fn new(policy: &'a Policy, observed: &'a Observed<'a>, credits: &'a Credits<'a>) -> Self {
        Self { policy, observed, credits, addresses: addresses(policy) }
    }

    /// Returns the number of seen uses that the rules grant; `None` if the work exceeds the bound.
    pub(super) fn seen(&self, work: &mut Work) -> Option<i64> {
        let mut sum = 0_i64;
        for (entry, seen) in self.observed.seen.iter().enumerate() {
            let Some(person) = self.observed.people.get(seen.person) else { continue };
            if !work.spend(self.credits.cost(entry).saturating_mul(self.addresses.len())) {
                return None;
            }
            let granted: Vec<BTreeSet<Action>> = self
                .addresses
                .iter()
                .map(|address| self.granted(self.policy, &person.subject, seen, *address))
                .collect();
            let is_granted = |right: &Action| {
                let needed = needed(right);
                granted.iter().any(|own| needed.iter().all(|one| own.contains(one)))
            };
            let used = seen.counts.iter().filter(|(right, counts)| counts.used > 0 && is_granted(right));
            sum = used.fold(sum, |sum, (_, counts)| sum.saturating_add(counts.used));
        }
        Some(sum)
    }

    /// Returns true if the suggestions together refuse none of these uses; `None` if the work exceeds the bound.
    pub(super) fn holds(
        &self,
        items: &[&Suggested],
        entries: impl IntoIterator<Item = usize>,
        work: &mut Work,
    ) -> Option<bool> {
        let mut after = self.policy.clone();
        let mut gone: BTreeMap<&SubjectRef, BTreeSet<_>> = BTreeMap::new();
        for item in items {
            if let Some(rule) = item.narrowing.rule().and_then(|name| after.rule(name)) {
                let mut rule = rule.clone();
                item.narrowing.apply_to(&mut rule);
                after.insert(rule);
            }
            if let Narrowing::Members { group, gone: leaving, .. } = &item.narrowing {
                leaving.iter().for_each(|one| {
                    gone.entry(one).or_default().insert(group);
                });
            }
        }
        for entry in entries {
            let Some(seen) = self.observed.seen.get(entry) else { continue };
            let Some(person) = self.observed.people.get(seen.person) else { continue };
            if !work.spend(self.credits.cost(entry).saturating_mul(2 * self.addresses.len())) {
                return None;
            }
            let mut subject = Cow::Borrowed(&person.subject);
            if let Some(groups) = person.subject.identity.as_ref().and_then(|identity| gone.get(identity)) {
                subject.to_mut().groups.retain(|group| !groups.contains(group));
            }
            let holds = self.addresses.iter().all(|address| {
                let before = self.granted(self.policy, &person.subject, seen, *address);
                let now = self.granted(&after, &subject, seen, *address);
                before.is_subset(&now)
            });
            if !holds {
                return Some(false);
            }
        }
        Some(true)
    }

    fn granted(
        &self,
        policy: &Policy,
        subject: &Subject,
        seen: &Seen,
        address: Option<IpAddr>,
    ) -> BTreeSet<Action> {
        let question = Question {
            subject,
            service: &seen.service,
            scopes: std::slice::from_ref(&seen.scope),
            address,
            at: self.observed.at,
            restriction: None,
        };
        let granted = policy.evaluate(&question).granted;
        granted.entries().iter().flat_map(|entry| entry.actions.iter().cloned()).collect()
    }
}

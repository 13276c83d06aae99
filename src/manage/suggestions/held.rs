//! The services, rules and groups about which nothing can be suggested yet, and why.

use super::answer::HeldBack;
use super::gather::Gathered;
use super::history::History;
use super::times::Times;
use crate::domain::policy::Suggestions;
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::manage::event_status::ServiceEvents;
use crate::snapshot::Snapshot;
use std::collections::BTreeSet;

/// The greatest number of recently changed rules and groups that the answer names.
const MOST_NAMED: usize = 100;

/// The reasons why suggestions are held back.
#[derive(Default)]
pub(super) struct Held {
    list: BTreeSet<HeldBack>,
    /// True if a reason holds for all rules, groups and robots.
    everything: bool,
}

impl Held {
    fn push(&mut self, service: Option<String>, rule: Option<String>, group: Option<String>, reason: &str) {
        self.list.insert(HeldBack { service, rule, group, reason: reason.to_owned() });
    }

    /// Adds a reason that holds back every suggestion about rules, groups and robots.
    pub(super) fn all(&mut self, reason: &str) {
        self.everything = true;
        self.push(None, None, None, reason);
    }

    pub(super) fn is_all(&self) -> bool {
        self.everything
    }

    /// Adds a remark that holds back no suggestion.
    pub(super) fn note(&mut self, reason: &str) {
        self.push(None, None, None, reason);
    }

    /// Notes the rules that changed in the last 30 days, and the groups that changed or had a rule changed. Leaves out
    /// groups that an identity provider keeps.
    pub(super) fn young(&mut self, suggestions: &Suggestions, gathered: &Gathered, times: Times) {
        let rules = suggestions.young.iter().map(|rule| {
            let reason = gathered.young.get(rule).map_or_else(String::new, |at| changed(*at));
            (Some(rule.to_string()), None, reason)
        });
        let own = suggestions.young_groups.iter().filter(|group| !gathered.kept_groups.contains(group));
        let groups = own.map(|group| {
            let at = gathered.groups.get(group).filter(|at| **at > times.judged);
            let of_rule = "one of its rules changed: a suggestion needs 30 days of use after a change";
            (None, Some(group.to_string()), at.map_or_else(|| of_rule.to_owned(), |at| changed(*at)))
        });
        let mut others = 0_usize;
        for (number, (rule, group, reason)) in rules.chain(groups).enumerate() {
            if number < MOST_NAMED {
                self.push(None, rule, group, &reason);
            } else {
                others += 1;
            }
        }
        if others > 0 {
            self.note(&format!("{others} further rules and groups changed less than 30 days ago"));
        }
    }

    pub(super) fn into_list(self) -> Vec<HeldBack> {
        self.list.into_iter().collect()
    }
}

fn changed(at: Timestamp) -> String {
    format!("changed at {at}: a suggestion needs 30 days of use after a change")
}

/// Returns the services whose use is not known completely, and adds the reasons to `held`. With `only`, all other
/// services count as unknown.
pub(super) fn held_services(
    snapshot: &Snapshot,
    reported: &[ServiceEvents],
    (granted, history): (&BTreeSet<String>, &History),
    times: Times,
    only: Option<&ServiceName>,
    held: &mut Held,
) -> Vec<ServiceName> {
    let mut unknown = Vec::new();
    for (name, service) in &snapshot.services {
        if only.is_some_and(|only| only != name) {
            unknown.push(name.clone());
            continue;
        }
        let own = reported.iter().find(|one| one.service == name.as_str());
        let is_needed = granted.contains(name.as_str());
        if let Some(reason) = reason(service, own, (is_needed, history), times) {
            held.push(Some(name.to_string()), None, None, &reason);
            unknown.push(name.clone());
        }
    }
    unknown
}

fn reason(
    service: &Service,
    own: Option<&ServiceEvents>,
    (is_needed, history): (bool, &History),
    times: Times,
) -> Option<String> {
    if !service.events {
        return Some("its events are turned off: turn them on with `portreeve services update`".to_owned());
    }
    // Before this change the service may have had its events turned off.
    match history.changed.get(&service.name) {
        Some(at) if *at <= times.judged => {}
        Some(at) => return Some(changed(*at)),
        None => return Some("the service changed during the request: ask again".to_owned()),
    }
    let Some(own) = own else {
        // If no tokens were issued, nobody used the registry, so nothing is missing.
        let never = "its registry has never reported: add `notifications` to its configuration";
        return is_needed.then(|| never.to_owned());
    };
    if own.silent {
        let last = own.last_event_at;
        return Some(format!(
            "its registry has reported nothing since {last}, although tokens were issued for it"
        ));
    }
    if own.first_event_at > times.judged {
        return Some(format!(
            "its registry reports since {}: a suggestion needs 30 days",
            own.first_event_at
        ));
    }
    history.gaps.get(service.name.as_str()).map(|day| {
        format!("its registry reported nothing in the week of {day}, although tokens were issued for it")
    })
}

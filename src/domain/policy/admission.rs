//! The rules that may admit anonymous, grouped by their conditions.
//!
//! Rules with the same conditions form a group, and only one rule of each group is evaluated. So [`Conditions`]
//! must contain every condition that the caller of [`Admissions::any`] tests.
//!
//! INVARIANT: the groups contain all enabled allow rules for `anonymous` or `everyone`, and no other rules.

use super::chunks::Chunks;
use super::rule::{Effect, Rule};
use super::services::ServiceGlob;
use crate::domain::selector::Selector;
use crate::domain::time::Timestamp;
use ipnet::IpNet;
use std::cmp::Ordering;
use std::sync::Arc;

#[derive(Debug, Clone)]
struct ByCondition(Arc<Rule>);

/// The conditions of a rule on a request without a resource: times, networks and services. A missing condition
/// sorts first.
type Conditions<'a> = (Option<Timestamp>, Option<Timestamp>, &'a [IpNet], &'a [ServiceGlob]);

impl ByCondition {
    fn conditions(&self) -> Conditions<'_> {
        let rule = &*self.0;
        (rule.not_before, rule.not_after, &rule.networks, &rule.services)
    }
}

impl PartialEq for ByCondition {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for ByCondition {}

impl PartialOrd for ByCondition {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByCondition {
    fn cmp(&self, other: &Self) -> Ordering {
        self.conditions().cmp(&other.conditions()).then_with(|| self.0.name.cmp(&other.0.name))
    }
}

/// The rules that may admit anonymous. A clone is cheap.
#[derive(Debug, Clone, Default)]
pub(super) struct Admissions(Chunks<ByCondition>);

impl Admissions {
    /// Adds a rule if it may admit anonymous.
    pub(super) fn insert(&mut self, rule: &Arc<Rule>) {
        if may_admit(rule) {
            self.0.insert(ByCondition(rule.clone()));
        }
    }

    /// Removes a rule if it is present.
    pub(super) fn remove(&mut self, rule: &Arc<Rule>) {
        if may_admit(rule) {
            let own = ByCondition(rule.clone());
            self.0.remove(|other| other.cmp(&own));
        }
    }

    /// Returns true if `holds` is true for some rule. Asks `holds` for one rule of each group, until the first
    /// answer that is true.
    pub(super) fn any(&self, holds: impl Fn(&Rule) -> bool) -> bool {
        let mut next = self.0.iter().next();
        while let Some(rule) = next {
            if holds(&rule.0) {
                return true;
            }
            next = self.0.after(|other| other.conditions().cmp(&rule.conditions()));
        }
        false
    }
}

fn may_admit(rule: &Rule) -> bool {
    rule.enabled
        && rule.effect == Effect::Allow
        && rule.subjects.iter().any(|one| matches!(one, Selector::Anonymous | Selector::Everyone))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;
    use std::cell::Cell;

    #[test]
    fn one_rule_is_asked_for_each_condition() {
        let mut all = Admissions::default();
        let rules: Vec<Arc<Rule>> = (0..3000)
            .map(|n| match n % 4 {
                0 => r#"{"services": ["b"], "priority": 3}"#,
                1 => r#"{"services": ["a", "b"], "subjects": ["anonymous", "everyone"]}"#,
                2 => r#"{"networks": ["10.0.0.0/8"]}"#,
                _ => r#"{"effect": "deny"}"#,
            })
            .enumerate()
            .map(|(n, json)| Arc::new(rule(&format!("r{n}"), json)))
            .collect();
        rules.iter().for_each(|rule| all.insert(rule));
        let asked = |all: &Admissions| {
            let count = Cell::new(0);
            let found = all.any(|rule| {
                count.set(count.get() + 1);
                rule.services.iter().all(|glob| glob.as_str() == "*") && rule.networks.is_empty()
            });
            (found, count.get())
        };
        assert_eq!(asked(&all), (false, 3));
        let free = Arc::new(rule("free", "{}"));
        all.insert(&free);
        assert_eq!(asked(&all), (true, 1));
        all.remove(&free);
        rules.iter().skip(2).for_each(|rule| all.remove(rule));
        assert_eq!(asked(&all), (false, 2));
        rules.iter().for_each(|rule| all.remove(rule));
        assert_eq!(asked(&all), (false, 0));
    }
}

//! The compiled policy: finds the rules for a question without examining all rules.
//!
//! A policy is a snapshot that is cheap to clone. A changed clone shares nearly all data with the original, and
//! leaves the original as it is. So replacing one rule among many is cheap.
//!
//! INVARIANT: a bucket contains the enabled rules that name its selector, and perhaps rules for another selector
//! with the same hash. `by_name` contains every rule.

use super::admission::Admissions;
use super::bucket::Bucket;
use super::chunks::Chunks;
use super::hash::{self, Beginnings};
use super::rule::{Rule, RuleName};
use super::rule_set::{Ranked, RuleSet};
use super::shards::Shards;
use crate::domain::resource::ResourceName;
use crate::domain::selector::Selector;
use crate::domain::subject::Subject;
use std::cmp::Ordering;
use std::sync::Arc;

/// A rule that is sorted by its name.
#[derive(Debug, Clone)]
struct Named(Arc<Rule>);

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl Eq for Named {}

impl PartialOrd for Named {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Named {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.name.cmp(&other.0.name)
    }
}

/// The rules of some buckets that may match a name.
pub(super) struct Candidates<'a> {
    buckets: &'a [&'a Bucket],
    name: Beginnings,
}

impl<'a> Candidates<'a> {
    pub(super) fn new(buckets: &'a [&'a Bucket], name: &ResourceName) -> Self {
        Self { buckets, name: Beginnings::of(name.as_str()) }
    }

    /// Returns sets of rules, each sorted by rank. A rule may be in several sets.
    pub(super) fn sets(&self) -> impl Iterator<Item = &RuleSet> {
        self.buckets.iter().flat_map(|bucket| bucket.about(&self.name))
    }
}

/// All rules, ready to decide. A clone is cheap, and a change of a clone does not change the original.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    by_name: Chunks<Named>,
    /// The rules that name a user, robot or group, by the hash of that selector.
    named: Shards<Bucket>,
    authenticated: Bucket,
    anonymous: Bucket,
    everyone: Bucket,
    admissions: Admissions,
    /// The greatest number of steps for all patterns that repeat a placeholder, summed over all enabled rules.
    repeating_steps: u64,
}

impl Policy {
    /// Compiles rules in any order. If two rules have the same name, the later rule counts.
    #[must_use]
    pub fn from_rules(rules: impl IntoIterator<Item = Rule>) -> Policy {
        let mut policy = Policy::default();
        policy.insert_all(rules);
        policy
    }

    /// Inserts rules. A rule replaces an existing rule with the same name.
    pub fn insert_all(&mut self, rules: impl IntoIterator<Item = Rule>) {
        for rule in rules {
            self.insert(rule);
        }
    }

    /// Returns a copy with one rule inserted. The rule replaces an existing rule with the same name.
    #[must_use]
    pub fn with_rule(&self, rule: Rule) -> Policy {
        let mut changed = self.clone();
        changed.insert(rule);
        changed
    }

    /// Returns a copy without one rule.
    #[must_use]
    pub fn without_rule(&self, name: &RuleName) -> Policy {
        let mut changed = self.clone();
        changed.remove(name);
        changed
    }

    /// Returns a rule by its name, even if the rule is disabled.
    #[must_use]
    pub fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.by_name.get(|rule| rule.0.name.cmp(name)).map(|rule| &*rule.0)
    }

    /// Returns all rules by name, including disabled ones.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.by_name.iter().map(|rule| &*rule.0)
    }

    /// Returns the number of rules, including disabled ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Returns true if there are no rules.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the rules that may admit anonymous.
    pub(super) fn admissions(&self) -> &Admissions {
        &self.admissions
    }

    /// Returns the buckets of rules about `subject`. The bucket of the subject itself comes first, and the bucket
    /// of everyone last. A rule that names several selectors of the subject is in several buckets.
    pub(super) fn buckets<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Bucket> {
        let own = subject.identity.as_ref().map(|id| hash::subject(id.kind, id.name.as_str()));
        let groups = subject.groups.iter().map(|group| hash::group(group.as_str()));
        let wide = match subject.identity {
            Some(_) => &self.authenticated,
            None => &self.anonymous,
        };
        let named = own.into_iter().chain(groups).filter_map(|hash| self.named.get(hash));
        named.chain([wide, &self.everyone])
    }

    /// Returns the buckets of rules that name `selector` or a wider selector.
    pub(super) fn buckets_over(&self, selector: &Selector) -> impl Iterator<Item = &Bucket> {
        let own = match selector {
            Selector::Anonymous => Some(&self.anonymous),
            _ => hash::selector(selector).and_then(|hash| self.named.get(hash)),
        };
        let known = !matches!(selector, Selector::Anonymous | Selector::Everyone);
        own.into_iter().chain(known.then_some(&self.authenticated)).chain([&self.everyone])
    }

    /// Returns the greatest number of rules that a decision about `subject` and `name` examines.
    pub(super) fn candidates(&self, subject: &Subject, name: &ResourceName) -> usize {
        let buckets: Vec<&Bucket> = self.buckets(subject).collect();
        Candidates::new(&buckets, name).sets().map(RuleSet::len).sum()
    }

    /// Returns the greatest number of steps for all patterns that repeat a placeholder, summed over all enabled
    /// rules except the rule `name`.
    #[must_use]
    pub fn repeating_steps_without(&self, name: &RuleName) -> u64 {
        let own = self.rule(name).filter(|rule| rule.enabled).map_or(0, Rule::repeating_steps);
        self.repeating_steps.saturating_sub(own)
    }

    /// Inserts a rule. The rule replaces an existing rule with the same name.
    pub fn insert(&mut self, rule: Rule) {
        let rule = Ranked(Arc::new(rule));
        if !self.by_name.insert(Named(rule.0.clone())) {
            self.remove(&rule.name);
            self.by_name.insert(Named(rule.0.clone()));
        }
        if rule.enabled {
            self.admissions.insert(&rule.0);
            self.repeating_steps = self.repeating_steps.saturating_add(rule.repeating_steps());
            self.file(&rule, |bucket| bucket.insert(&rule));
        }
    }

    /// Removes the rule with this name, if there is one.
    pub fn remove(&mut self, name: &RuleName) {
        let Some(Named(rule)) = self.by_name.remove(|rule| rule.0.name.cmp(name)) else {
            return;
        };
        let rule = Ranked(rule);
        if rule.enabled {
            self.admissions.remove(&rule.0);
            self.repeating_steps = self.repeating_steps.saturating_sub(rule.repeating_steps());
            self.file(&rule, |bucket| bucket.remove(&rule));
        }
    }

    /// Changes the bucket of each selector that a rule names.
    fn file(&mut self, rule: &Rule, change: impl Fn(&mut Bucket)) {
        for selector in &rule.subjects {
            match selector {
                Selector::Authenticated => change(&mut self.authenticated),
                Selector::Anonymous => change(&mut self.anonymous),
                Selector::Everyone => change(&mut self.everyone),
                Selector::User(_) | Selector::Robot(_) | Selector::Group(_) => {
                    let Some(hash) = hash::selector(selector) else {
                        continue;
                    };
                    self.named.change(hash, |bucket| {
                        change(bucket);
                        bucket.all().len() > 0
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;
    use serde_json::json;

    #[test]
    fn a_change_leaves_the_policy_it_came_from_alone() {
        let one = Policy::from_rules([rule("a", r#"{"subjects": ["user:bob", "group:g"]}"#)]);
        let two = one.with_rule(rule("a", r#"{"subjects": ["everyone"], "priority": 7}"#));
        let three = two.without_rule(&RuleName::parse("a").unwrap());
        assert_eq!(one.named.len(), 2);
        assert_eq!(two.named.len(), 0);
        assert_eq!(two.everyone.all().len(), 1);
        assert_eq!((one.len(), two.len(), three.len()), (1, 1, 0));
        assert!(three.everyone.all().len() == 0 && three.is_empty());
        let admits = [&one, &two, &three].map(|policy| policy.admissions.any(|_| true));
        assert_eq!(admits, [false, true, false]);
    }

    #[test]
    fn a_bucket_begins_with_the_highest_priority() {
        let policy = Policy::from_rules([
            rule("c", r#"{"priority": 1}"#),
            rule("a", r#"{"priority": -1}"#),
            rule("b", r#"{"priority": 1}"#),
            rule("d", r#"{"priority": 9, "enabled": false}"#),
        ]);
        let names: Vec<_> = policy.everyone.all().iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "a"]);
        let all: Vec<_> = policy.rules().map(|r| r.name.as_str()).collect();
        assert_eq!(all, ["a", "b", "c", "d"]);
    }

    #[test]
    fn many_rules_may_not_have_together_what_one_may_not() {
        let two = "*${label:a}*${label:b}*${label:a}*${label:b}*";
        let mut policy = Policy::default();
        let mut accepted = 0;
        for number in 0..100 {
            let one = rule(&format!("r{number}"), &json!({"names": [two]}).to_string());
            assert!(one.too_slow().is_none());
            if let Some(why) = one.too_slow_beside(policy.repeating_steps_without(&one.name)) {
                assert!(why.contains("1048576"), "{why}");
                continue;
            }
            policy.insert(one);
            accepted += 1;
        }
        assert!((2..10).contains(&accepted), "{accepted}");
        let again = policy.rules().next().unwrap().clone();
        assert!(
            again.too_slow_beside(policy.repeating_steps_without(&again.name)).is_none(),
            "the steps of the rule itself do not count"
        );
        let off = rule("off", &json!({"names": [two], "enabled": false}).to_string());
        assert!(off.too_slow_beside(policy.repeating_steps_without(&off.name)).is_none());
        let plain = rule("plain", &json!({"names": ["${group}/**"]}).to_string());
        assert!(plain.too_slow_beside(policy.repeating_steps_without(&plain.name)).is_none());
        let own = Policy::from_rules([
            rule("r", &json!({"names": ["${group}/x-${group}"]}).to_string()),
            rule("off", &json!({"names": [two], "enabled": false}).to_string()),
            rule("plain", &json!({"names": ["${group}/${label:a}/**"]}).to_string()),
        ]);
        assert_eq!(own.repeating_steps_without(&RuleName::parse("other").unwrap()), 768);
    }
}

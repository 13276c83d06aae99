//! The compiled policy: which rules concern a subject, found without looking at the others.
//!
//! An immutable snapshot. A changed policy shares everything but the changed paths with the one it
//! came from, so that one rule among many is replaced without touching the rest.
//!
//! INVARIANT: a bucket holds exactly the enabled rules that name its selector, highest priority
//! first; `by_name` holds every rule.

use super::rule::{Rule, RuleName};
use crate::domain::selector::Selector;
use crate::domain::subject::{GroupName, Subject, SubjectKind, SubjectName};
use rpds::{HashTrieMapSync, RedBlackTreeMapSync, RedBlackTreeSetSync};
use std::cmp::{Ordering, Reverse};
use std::hash::Hash;
use std::sync::Arc;

/// A rule in its place among the rules of a bucket: priority descending, then name.
#[derive(Debug, Clone)]
struct Ranked(Arc<Rule>);

impl Ranked {
    fn rank(&self) -> (Reverse<i32>, &RuleName) {
        (Reverse(self.0.priority), &self.0.name)
    }
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

/// The enabled rules that name one selector.
#[derive(Debug, Clone)]
pub(super) struct Bucket(RedBlackTreeSetSync<Ranked>);

impl Default for Bucket {
    fn default() -> Self {
        Self(RedBlackTreeSetSync::new_sync())
    }
}

impl Bucket {
    /// How many rules it holds.
    pub(super) fn len(&self) -> usize {
        self.0.size()
    }

    /// The rules, highest priority first, then by name.
    pub(super) fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter().map(|ranked| &*ranked.0)
    }
}

type Buckets<K> = HashTrieMapSync<K, Bucket>;

/// All rules, ready to decide. Cheap to clone; a change makes a new one.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    by_name: RedBlackTreeMapSync<RuleName, Arc<Rule>>,
    users: Buckets<SubjectName>,
    robots: Buckets<SubjectName>,
    groups: Buckets<GroupName>,
    authenticated: Bucket,
    anonymous: Bucket,
    everyone: Bucket,
}

impl Policy {
    /// Compiles rules, in whatever order. Of two with one name the later counts.
    #[must_use]
    pub fn from_rules(rules: impl IntoIterator<Item = Rule>) -> Policy {
        let mut policy = Policy::default();
        policy.insert_all(rules);
        policy
    }

    /// Inserts rules, each in the place of the one whose name it has.
    pub fn insert_all(&mut self, rules: impl IntoIterator<Item = Rule>) {
        for rule in rules {
            self.insert(rule);
        }
    }

    /// This policy with one rule inserted, or replaced if its name is taken.
    #[must_use]
    pub fn with_rule(&self, rule: Rule) -> Policy {
        let mut changed = self.clone();
        changed.insert(rule);
        changed
    }

    /// This policy without one rule.
    #[must_use]
    pub fn without_rule(&self, name: &RuleName) -> Policy {
        let mut changed = self.clone();
        changed.remove(name);
        changed
    }

    /// One rule, enabled or not.
    #[must_use]
    pub fn rule(&self, name: &RuleName) -> Option<&Rule> {
        self.by_name.get(name).map(|rule| &**rule)
    }

    /// All rules by name, disabled ones included.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.by_name.values().map(|rule| &**rule)
    }

    /// How many rules there are, disabled ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_name.size()
    }

    /// Whether there is no rule at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    /// The rules about `subject`, by selector: the narrow ones first. A rule that names several
    /// selectors of one subject stands in several buckets.
    pub(super) fn buckets<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Bucket> {
        let own = subject.identity.as_ref().and_then(|id| match id.kind {
            SubjectKind::User => self.users.get(&id.name),
            SubjectKind::Robot => self.robots.get(&id.name),
        });
        let wide = match subject.identity {
            Some(_) => &self.authenticated,
            None => &self.anonymous,
        };
        own.into_iter()
            .chain(subject.groups.iter().filter_map(|g| self.groups.get(g)))
            .chain([wide, &self.everyone])
    }

    /// The rules that name `selector`, or a wider one that means everybody whom it means.
    pub(super) fn buckets_over(&self, selector: &Selector) -> impl Iterator<Item = &Bucket> {
        let own = match selector {
            Selector::User(name) => self.users.get(name),
            Selector::Robot(name) => self.robots.get(name),
            Selector::Group(name) => self.groups.get(name),
            Selector::Anonymous => Some(&self.anonymous),
            Selector::Authenticated | Selector::Everyone => None,
        };
        let known = !matches!(selector, Selector::Anonymous | Selector::Everyone);
        own.into_iter().chain(known.then_some(&self.authenticated)).chain([&self.everyone])
    }

    fn insert(&mut self, rule: Rule) {
        self.remove(&rule.name);
        let rule = Arc::new(rule);
        self.by_name.insert_mut(rule.name.clone(), rule.clone());
        if !rule.enabled {
            return;
        }
        for selector in &rule.subjects {
            let ranked = Ranked(rule.clone());
            match selector {
                Selector::User(name) => put(&mut self.users, name, ranked),
                Selector::Robot(name) => put(&mut self.robots, name, ranked),
                Selector::Group(name) => put(&mut self.groups, name, ranked),
                Selector::Authenticated => self.authenticated.0.insert_mut(ranked),
                Selector::Anonymous => self.anonymous.0.insert_mut(ranked),
                Selector::Everyone => self.everyone.0.insert_mut(ranked),
            }
        }
    }

    fn remove(&mut self, name: &RuleName) {
        let Some(rule) = self.by_name.get(name).cloned() else {
            return;
        };
        self.by_name.remove_mut(name);
        let ranked = Ranked(rule.clone());
        for selector in &rule.subjects {
            match selector {
                Selector::User(name) => take(&mut self.users, name, &ranked),
                Selector::Robot(name) => take(&mut self.robots, name, &ranked),
                Selector::Group(name) => take(&mut self.groups, name, &ranked),
                Selector::Authenticated => drop(self.authenticated.0.remove_mut(&ranked)),
                Selector::Anonymous => drop(self.anonymous.0.remove_mut(&ranked)),
                Selector::Everyone => drop(self.everyone.0.remove_mut(&ranked)),
            }
        }
    }
}

fn put<K: Clone + Eq + Hash>(buckets: &mut Buckets<K>, key: &K, ranked: Ranked) {
    if let Some(bucket) = buckets.get_mut(key) {
        bucket.0.insert_mut(ranked);
    } else {
        let mut bucket = Bucket::default();
        bucket.0.insert_mut(ranked);
        buckets.insert_mut(key.clone(), bucket);
    }
}

fn take<K: Clone + Eq + Hash>(buckets: &mut Buckets<K>, key: &K, ranked: &Ranked) {
    if let Some(bucket) = buckets.get_mut(key) {
        bucket.0.remove_mut(ranked);
        if bucket.0.is_empty() {
            buckets.remove_mut(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;

    #[test]
    fn a_change_leaves_the_policy_it_came_from_alone() {
        let one = Policy::from_rules([rule("a", r#"{"subjects": ["user:bob", "group:g"]}"#)]);
        let two = one.with_rule(rule("a", r#"{"subjects": ["everyone"], "priority": 7}"#));
        let three = two.without_rule(&RuleName::parse("a").unwrap());
        assert_eq!(one.users.size() + one.groups.size(), 2);
        assert_eq!(two.users.size() + two.groups.size(), 0);
        assert_eq!(two.everyone.rules().count(), 1);
        assert_eq!((one.len(), two.len(), three.len()), (1, 1, 0));
        assert!(three.everyone.0.is_empty() && three.is_empty());
    }

    #[test]
    fn a_bucket_begins_with_the_highest_priority() {
        let policy = Policy::from_rules([
            rule("c", r#"{"priority": 1}"#),
            rule("a", r#"{"priority": -1}"#),
            rule("b", r#"{"priority": 1}"#),
            rule("d", r#"{"priority": 9, "enabled": false}"#),
        ]);
        let names: Vec<_> = policy.everyone.rules().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "a"]);
        let all: Vec<_> = policy.rules().map(|r| r.name.as_str()).collect();
        assert_eq!(all, ["a", "b", "c", "d"]);
    }
}

//! The rules that name one selector, with an index by the literal segments at the beginning of their patterns.
//!
//! A few rules are evaluated one after the other. Many rules have an index by the literal segments at the beginning
//! of each pattern: a leaf for each beginning. A lookup visits only the leaves for the beginnings of the requested
//! name.
//!
//! INVARIANT: every rule is in `all`. If there are leaves, the leaf of each beginning of a rule's patterns contains
//! the rule once. The leaves for a name contain every rule that matches the name, and perhaps others.

use super::hash::{self, Beginnings, MOST_SEGMENTS};
use super::rule::Rule;
use super::rule_set::{Ranked, RuleSet};
use super::shards::Shards;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of rules above which a bucket gets leaves. The leaves are removed when half as many rules are left.
const MOST_SCANNED: usize = 8;

/// The enabled rules that name one selector, or selectors with the same hash. A clone is cheap.
#[derive(Debug, Clone, Default)]
pub(super) struct Bucket {
    all: RuleSet,
    leaves: Option<Arc<Leaves>>,
}

#[derive(Debug, Clone, Default)]
struct Leaves {
    by_beginning: Shards<RuleSet>,
    /// For each number of segments, the number of entries of leaves whose beginning has that number of segments.
    places: [u32; MOST_SEGMENTS + 1],
}

impl Bucket {
    /// Returns all rules of the bucket, sorted by rank.
    pub(super) fn all(&self) -> &RuleSet {
        &self.all
    }

    /// Returns sets that contain every rule of the bucket that may match a name, and perhaps other rules.
    pub(super) fn about<'a>(&'a self, name: &'a Beginnings) -> impl Iterator<Item = &'a RuleSet> {
        let plain = self.leaves.is_none().then_some(&self.all);
        let leaves = self.leaves.as_ref().map(|leaves| leaves.about(name));
        plain.into_iter().chain(leaves.into_iter().flatten())
    }

    /// Adds a rule, unless the bucket contains it. No other rule of the bucket may have the same rank.
    pub(super) fn insert(&mut self, rule: &Ranked) {
        if !self.all.insert(rule.clone()) {
            return;
        }
        if let Some(leaves) = &mut self.leaves {
            Arc::make_mut(leaves).insert(rule);
        } else if self.all.len() > MOST_SCANNED {
            let mut leaves = Leaves::default();
            self.all.iter().for_each(|rule| leaves.insert(rule));
            self.leaves = Some(Arc::new(leaves));
        }
    }

    /// Removes a rule.
    pub(super) fn remove(&mut self, rule: &Ranked) {
        if !self.all.remove(rule) {
            return;
        }
        if self.all.len() <= MOST_SCANNED / 2 {
            self.leaves = None;
        } else if let Some(leaves) = &mut self.leaves {
            Arc::make_mut(leaves).remove(rule);
        }
    }
}

impl Leaves {
    fn about<'a>(&'a self, name: &'a Beginnings) -> impl Iterator<Item = &'a RuleSet> {
        let used =
            |(segments, _): &(usize, u64)| self.places.get(*segments).is_some_and(|places| *places > 0);
        name.iter().filter(used).filter_map(|(_, hash)| self.by_beginning.get(hash))
    }

    fn insert(&mut self, rule: &Ranked) {
        for (segments, hash) in beginnings(rule) {
            self.by_beginning.change(hash, |leaf| leaf.insert(rule.clone()));
            if let Some(places) = self.places.get_mut(segments) {
                *places += 1;
            }
        }
    }

    fn remove(&mut self, rule: &Ranked) {
        for (segments, hash) in beginnings(rule) {
            self.by_beginning.change(hash, |leaf| {
                leaf.remove(rule);
                leaf.len() > 0
            });
            if let Some(places) = self.places.get_mut(segments) {
                *places = places.saturating_sub(1);
            }
        }
    }
}

/// Returns the beginnings of a rule's patterns, each once: the number of segments, and the hash.
fn beginnings(rule: &Rule) -> impl Iterator<Item = (usize, u64)> {
    let (one, several) = match &*rule.names {
        [only] => (Some(hash::leading(only)), BTreeSet::new()),
        names => (None, names.iter().map(hash::leading).collect()),
    };
    one.into_iter().chain(several)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;

    fn ranked(name: &str, json: &str) -> Ranked {
        Ranked(Arc::new(rule(name, json)))
    }

    fn found(bucket: &Bucket, name: &str) -> String {
        let name = Beginnings::of(name);
        let names = bucket.about(&name).flat_map(RuleSet::iter).map(|rule| rule.name.as_str());
        names.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn of_many_rules_only_those_are_found_whose_patterns_begin_alike() {
        let mut bucket = Bucket::default();
        let rules: Vec<Ranked> = (0..100)
            .map(|n| ranked(&format!("r{n:02}"), &format!(r#"{{"names": ["t{n}/**", "t{n}/a/b"]}}"#)))
            .collect();
        for rule in &rules {
            bucket.insert(rule);
            bucket.insert(rule);
        }
        assert_eq!(found(&bucket, "t7/x"), "r07");
        assert_eq!(found(&bucket, "t7/a/b"), "r07 r07", "the rule is in two leaves");
        assert_eq!(found(&bucket, "x/t7"), "");
        let wide = ranked("wide", r#"{"names": ["*/x", "t1/**/b"]}"#);
        bucket.insert(&wide);
        assert_eq!(found(&bucket, "t1/x"), "wide r01 wide");
        bucket.remove(&wide);
        bucket.remove(&wide);
        assert_eq!(found(&bucket, "t1/x"), "r01");
        let many = bucket.clone();
        for rule in rules.iter().skip(3) {
            bucket.remove(rule);
        }
        assert!(bucket.leaves.is_none() && many.leaves.is_some());
        assert_eq!(found(&bucket, "x"), "r00 r01 r02");
        assert_eq!(found(&many, "t50/x"), "r50");
    }

    #[test]
    fn beginnings_that_no_rule_has_are_not_asked_for() {
        let mut bucket = Bucket::default();
        for n in 0..20 {
            bucket.insert(&ranked(&format!("r{n:02}"), &format!(r#"{{"names": ["a/t{n}/*"]}}"#)));
        }
        let places = bucket.leaves.as_ref().unwrap().places;
        assert_eq!((places[2], places.iter().sum::<u32>()), (20, 20));
        assert_eq!(found(&bucket, "a/t3/x"), "r03");
    }
}

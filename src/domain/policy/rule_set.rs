//! A set of rules, sorted by rank. The set is small for a few rules, and cheap to change for many rules.

use super::chunks::Chunks;
use super::rule::{Rule, RuleName};
use std::cmp::{Ordering, Reverse};
use std::ops::Deref;
use std::slice;
use std::sync::Arc;

/// The greatest number of rules in a plain list; more rules are stored in chunks. A set with half as many rules
/// becomes a list again.
const MOST_PLAIN: usize = 16;

/// A rule that is sorted by its rank: by descending priority, then by name.
#[derive(Debug, Clone)]
pub(super) struct Ranked(pub(super) Arc<Rule>);

impl Ranked {
    fn rank(&self) -> (Reverse<i32>, &RuleName) {
        (Reverse(self.0.priority), &self.0.name)
    }
}

impl Deref for Ranked {
    type Target = Rule;

    fn deref(&self) -> &Rule {
        &self.0
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

/// A set of rules, sorted by rank. A clone is cheap.
#[derive(Debug, Clone)]
pub(super) enum RuleSet {
    /// One rule, without an allocation.
    One(Ranked),
    Plain(Box<[Ranked]>),
    Chunked(Chunks<Ranked>),
}

impl Default for RuleSet {
    fn default() -> Self {
        Self::Plain(Box::default())
    }
}

impl RuleSet {
    /// Returns the number of rules in the set.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Plain(rules) => rules.len(),
            Self::Chunked(rules) => rules.len(),
        }
    }

    /// Returns the rules by descending priority, then by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Ranked> {
        let chunked = match self {
            Self::Chunked(rules) => rules.slices(),
            _ => &[],
        };
        self.plain().iter().chain(chunked.iter().flat_map(|chunk| chunk.iter()))
    }

    /// Adds a rule. Returns false if the set contains a rule of the same rank; the old rule then stays.
    pub(super) fn insert(&mut self, rule: Ranked) -> bool {
        if let Self::Chunked(own) = self {
            return own.insert(rule);
        }
        // Rules are loaded in order, so most rules are added at the end.
        let own = self.plain();
        let at = match own.last() {
            Some(last) if *last >= rule => own.binary_search(&rule),
            _ => Err(own.len()),
        };
        let Err(at) = at else {
            return false;
        };
        let mut rules = std::mem::take(self).into_rules();
        rules.insert(at, rule);
        *self = Self::of(rules);
        true
    }

    /// Removes a rule. Returns false if the set contains no rule of the same rank.
    pub(super) fn remove(&mut self, rule: &Ranked) -> bool {
        if let Self::Chunked(own) = self {
            let removed = own.remove(|other| other.cmp(rule)).is_some();
            if own.len() <= MOST_PLAIN / 2 {
                *self = Self::of(std::mem::take(self).into_rules());
            }
            return removed;
        }
        let Ok(at) = self.plain().binary_search(rule) else {
            return false;
        };
        let mut rules = std::mem::take(self).into_rules();
        rules.remove(at);
        *self = Self::of(rules);
        true
    }

    /// Returns the rules of a set that is not stored in chunks; an empty list for a set in chunks.
    fn plain(&self) -> &[Ranked] {
        match self {
            Self::One(rule) => slice::from_ref(rule),
            Self::Plain(rules) => rules,
            Self::Chunked(_) => &[],
        }
    }

    fn into_rules(self) -> Vec<Ranked> {
        match self {
            Self::One(rule) => vec![rule],
            Self::Plain(rules) => rules.into(),
            Self::Chunked(rules) => rules.iter().cloned().collect(),
        }
    }

    fn of(mut rules: Vec<Ranked>) -> Self {
        match (rules.len(), rules.pop()) {
            (1, Some(only)) => Self::One(only),
            (len, last) => {
                rules.extend(last);
                if len > MOST_PLAIN {
                    Self::Chunked(rules.into_iter().collect())
                } else {
                    Self::Plain(rules.into())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::testing::rule;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_set_by_rank_however_many_there_are() {
        let rules: Vec<Ranked> = (0..100)
            .map(|n| {
                let name = format!("r{}", n * 37 % 100);
                Ranked(Arc::new(rule(&name, &format!(r#"{{"priority": {}}}"#, n % 3))))
            })
            .collect();
        let (mut set, mut plain) = (RuleSet::default(), BTreeSet::new());
        let mut older = Vec::new();
        for step in 0..600 {
            let rule = &rules[step * 7 % 100];
            if step % 300 < 150 {
                assert_eq!(set.insert(rule.clone()), plain.insert(rule.clone()));
            } else {
                assert_eq!(set.remove(rule), plain.remove(rule));
            }
            assert!(set.iter().eq(&plain), "{step}");
            assert_eq!(set.len(), plain.len());
            older.push((set.clone(), plain.clone()));
        }
        assert_eq!(set.len(), 0);
        assert!(older.iter().all(|(set, plain)| set.iter().eq(plain)));
        assert!(older.iter().any(|(set, _)| matches!(set, RuleSet::Chunked(_))));
    }
}

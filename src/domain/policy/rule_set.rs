//! A set of rules by rank: small where there are few, and cheap to change where there are many.

use super::chunks::Chunks;
use super::rule::{Rule, RuleName};
use std::cmp::{Ordering, Reverse};
use std::ops::Deref;
use std::slice;
use std::sync::Arc;

/// More rules than this are held in chunks; half of it are held plainly again.
const MOST_PLAIN: usize = 16;

/// A rule in its place: priority descending, then name.
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

/// Rules by rank. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) enum RuleSet {
    /// One, which takes no memory of its own.
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
    /// How many rules it holds.
    pub(super) fn len(&self) -> usize {
        match self {
            Self::One(_) => 1,
            Self::Plain(rules) => rules.len(),
            Self::Chunked(rules) => rules.len(),
        }
    }

    /// The rules, highest priority first, then by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Ranked> {
        let chunked = match self {
            Self::Chunked(rules) => rules.slices(),
            _ => &[],
        };
        self.plain().iter().chain(chunked.iter().flat_map(|chunk| chunk.iter()))
    }

    /// Adds a rule; `false` when one of its rank is there already, which stays.
    pub(super) fn insert(&mut self, rule: Ranked) -> bool {
        if let Self::Chunked(own) = self {
            return own.insert(rule);
        }
        // Most are added at the end, because they are loaded in order.
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

    /// Removes a rule; `false` when there is none of its rank.
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

    /// The rules where they are not in chunks.
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

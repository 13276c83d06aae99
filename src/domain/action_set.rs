//! A sorted set of actions: bits for the common actions, a list for the others.

use super::resource::Action;
use serde::{Serialize, Serializer};
use std::slice;

/// A sorted set of actions. A set of common actions allocates no memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionSet {
    /// One bit for each action in `Action::COMMON`: 1 if the action is in the set.
    common: u8,
    /// The actions that are not in `Action::COMMON`, sorted, each once.
    others: Box<[Action]>,
}

impl ActionSet {
    /// Returns an empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns true if `action` is in the set.
    #[must_use]
    pub fn contains(&self, action: &Action) -> bool {
        match action.common() {
            Some(place) => self.common & (1 << place) != 0,
            None => self.others.binary_search(action).is_ok(),
        }
    }

    /// Returns true if the literal `*` is in the set.
    #[must_use]
    pub fn has_every(&self) -> bool {
        self.contains(&Action::every())
    }

    /// Returns the number of actions in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.common.count_ones()).unwrap_or_default() + self.others.len()
    }

    /// Returns true if the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.common == 0 && self.others.is_empty()
    }

    /// Returns true if all actions of this set are in `other`.
    #[must_use]
    pub fn is_subset(&self, other: &ActionSet) -> bool {
        self.common & !other.common == 0 && self.others.iter().all(|action| other.contains(action))
    }

    /// Adds an action to the set.
    pub fn insert(&mut self, action: Action) {
        self.extend([action]);
    }

    /// Returns the actions in sorted order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter { common: self.common, others: self.others.iter() }
    }
}

impl Extend<Action> for ActionSet {
    fn extend<I: IntoIterator<Item = Action>>(&mut self, actions: I) {
        let mut others = Vec::new();
        for action in actions {
            match action.common() {
                Some(place) => self.common |= 1 << place,
                None => others.push(action),
            }
        }
        if !others.is_empty() {
            others.extend(std::mem::take(&mut self.others));
            others.sort();
            others.dedup();
            self.others = others.into();
        }
    }
}

impl<'a> Extend<&'a Action> for ActionSet {
    fn extend<I: IntoIterator<Item = &'a Action>>(&mut self, actions: I) {
        self.extend(actions.into_iter().cloned());
    }
}

impl FromIterator<Action> for ActionSet {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        let mut set = Self::default();
        set.extend(actions);
        set
    }
}

impl<'a> IntoIterator for &'a ActionSet {
    type Item = &'a Action;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl Serialize for ActionSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

/// An iterator over the actions of a set, in sorted order.
#[derive(Debug, Clone)]
pub struct Iter<'a> {
    common: u8,
    others: slice::Iter<'a, Action>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Action;

    fn next(&mut self) -> Option<&'a Action> {
        let place = usize::try_from(self.common.trailing_zeros()).unwrap_or(usize::MAX);
        let Some(common) = Action::COMMON.get(place) else {
            return self.others.next();
        };
        if self.others.as_slice().first().is_some_and(|other| other < common) {
            return self.others.next();
        }
        self.common &= self.common - 1;
        Some(common)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn it_is_a_sorted_set() {
        let texts = ["push", "zoo", "*", "pull", "able", "delete", "purge", "zoo", "pull"];
        for count in 0..=texts.len() {
            let of = |texts: &[&str]| texts.iter().map(|t| Action::parse(t).unwrap()).collect::<Vec<_>>();
            let (some, all) = (of(&texts[..count]), of(&texts));
            let set: ActionSet = some.iter().cloned().collect();
            let plain: BTreeSet<Action> = some.iter().cloned().collect();
            assert!(set.iter().eq(&plain), "{set:?}");
            assert_eq!((set.len(), set.is_empty()), (plain.len(), plain.is_empty()));
            for action in &all {
                assert_eq!(set.contains(action), plain.contains(action));
            }
            let full: ActionSet = all.into_iter().collect();
            assert!(set.is_subset(&full));
            assert_eq!(full.is_subset(&set), set == full);
            assert_eq!(serde_json::to_string(&set).unwrap(), serde_json::to_string(&plain).unwrap());
        }
    }
}

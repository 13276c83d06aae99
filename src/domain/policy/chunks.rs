//! A sorted set that is stored in chunks: a copy with one change shares all chunks but one or two with the
//! original.
//!
//! INVARIANT: no chunk is empty, and the items ascend within and across chunks.

use std::cmp::Ordering;
use std::sync::Arc;

/// The greatest number of items in a chunk. A change copies at most this many items.
const LIMIT: usize = 512;

/// A sorted set. A clone is cheap.
#[derive(Debug, Clone)]
pub(super) struct Chunks<T> {
    chunks: Arc<Vec<Arc<Vec<T>>>>,
    len: usize,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Arc::default(), len: 0 }
    }
}

impl<T> Chunks<T> {
    /// Returns the number of items in the set.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns the chunks in ascending order.
    pub(super) fn slices(&self) -> &[Arc<Vec<T>>] {
        &self.chunks
    }

    /// Returns the items in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Returns the item for which `order` returns `Equal`.
    pub(super) fn get(&self, order: impl Fn(&T) -> Ordering) -> Option<&T> {
        let chunk = self.chunks.get(self.place(&order))?;
        let at = chunk.binary_search_by(&order).ok()?;
        chunk.get(at)
    }

    /// Returns the first item for which `order` returns `Greater`.
    pub(super) fn after(&self, order: impl Fn(&T) -> Ordering) -> Option<&T> {
        let is_up_to = |item: &T| order(item).is_le();
        let place = self.chunks.partition_point(|chunk| chunk.last().is_some_and(&is_up_to));
        let chunk = self.chunks.get(place)?;
        chunk.get(chunk.partition_point(is_up_to))
    }

    /// Returns the index of the chunk where an item belongs.
    fn place(&self, order: &impl Fn(&T) -> Ordering) -> usize {
        let begins_before = |chunk: &Arc<Vec<T>>| chunk.first().is_some_and(|first| order(first).is_le());
        let after = match self.chunks.last() {
            Some(last) if begins_before(last) => self.chunks.len(),
            _ => self.chunks.partition_point(begins_before),
        };
        after.saturating_sub(1)
    }
}

impl<T: Ord + Clone> Chunks<T> {
    /// Adds an item. Returns false if the set contains an equal item; the old item then stays.
    pub(super) fn insert(&mut self, item: T) -> bool {
        // Items are loaded in order, so most items are added at the end.
        let last = self.chunks.last().and_then(|chunk| chunk.last());
        let (place, at) = if last.is_none_or(|last| *last < item) {
            let last = self.chunks.len().saturating_sub(1);
            (last, self.chunks.get(last).map_or(0, |chunk| chunk.len()))
        } else {
            let place = self.place(&|other| other.cmp(&item));
            match self.chunks.get(place).map(|chunk| chunk.binary_search(&item)) {
                Some(Err(at)) => (place, at),
                _ => return false,
            }
        };
        self.len += 1;
        let chunks = Arc::make_mut(&mut self.chunks);
        let is_last = place + 1 == chunks.len();
        match chunks.get_mut(place) {
            Some(chunk) if chunk.len() < LIMIT => Arc::make_mut(chunk).insert(at, item),
            Some(chunk) if !(is_last && at == chunk.len()) => {
                let lower = Arc::make_mut(chunk);
                let mut upper = lower.split_off(LIMIT / 2);
                match at.checked_sub(lower.len()) {
                    Some(at) => upper.insert(at, item),
                    None => lower.insert(at, item),
                }
                chunks.insert(place + 1, Arc::new(upper));
            }
            // The set is empty, or the item follows a full last chunk. That chunk is not split, so items that are
            // loaded in order fill whole chunks.
            _ => chunks.push(Arc::new(vec![item])),
        }
        true
    }

    /// Removes and returns the item for which `order` returns `Equal`.
    pub(super) fn remove(&mut self, order: impl Fn(&T) -> Ordering) -> Option<T> {
        let place = self.place(&order);
        let at = self.chunks.get(place)?.binary_search_by(&order).ok()?;
        let chunks = Arc::make_mut(&mut self.chunks);
        let chunk = Arc::make_mut(chunks.get_mut(place)?);
        let removed = chunk.remove(at);
        self.len -= 1;
        let left = chunk.len();
        if left == 0 {
            chunks.remove(place);
        } else if let Some(before) = place.checked_sub(1)
            && chunks.get(before).is_some_and(|before| before.len() + left <= LIMIT / 2)
        {
            let rest = chunks.remove(place);
            if let Some(before) = chunks.get_mut(before) {
                Arc::make_mut(before).extend(rest.iter().cloned());
            }
        }
        Some(removed)
    }
}

impl<T: Ord + Clone> FromIterator<T> for Chunks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut all = Self::default();
        for item in items {
            all.insert(item);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;
    use std::ops::Bound;

    fn check(set: &Chunks<u16>, plain: &BTreeSet<u16>) {
        assert!(set.iter().eq(plain));
        assert_eq!(set.len(), plain.len());
        assert!(set.slices().iter().all(|chunk| (1..=LIMIT).contains(&chunk.len())));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_sorted_set(
            ascending: bool,
            steps in prop::collection::vec((any::<bool>(), 0_u16..5000), 1..8000),
        ) {
            let (mut set, mut plain) = (Chunks::default(), BTreeSet::new());
            let (mut older, mut older_plain) = (set.clone(), plain.clone());
            for (count, (adds, item)) in steps.into_iter().enumerate() {
                let item = if ascending { u16::try_from(count).unwrap() } else { item };
                // The set first grows and then shrinks.
                if adds || count < 3000 {
                    prop_assert_eq!(set.insert(item), plain.insert(item));
                } else {
                    let item = if ascending { item - 3000 } else { item };
                    prop_assert_eq!(set.remove(|other| other.cmp(&item)), plain.take(&item));
                }
                prop_assert_eq!(set.get(|other| other.cmp(&item)), plain.get(&item));
                let after = plain.range((Bound::Excluded(item), Bound::Unbounded)).next();
                prop_assert_eq!(set.after(|other| other.cmp(&item)), after);
                if count % 1000 == 500 {
                    check(&older, &older_plain);
                    (older, older_plain) = (set.clone(), plain.clone());
                }
            }
            check(&set, &plain);
            for item in plain {
                prop_assert_eq!(set.remove(|other| other.cmp(&item)), Some(item));
            }
            check(&set, &BTreeSet::new());
            check(&older, &older_plain);
        }
    }

    #[test]
    fn a_change_shares_all_chunks_but_one() {
        let set: Chunks<u32> = (0..10_000).map(|item| item * 2).collect();
        let mut changed = set.clone();
        assert!(changed.insert(5001));
        let shared = |chunk: &&Arc<Vec<u32>>| changed.slices().iter().any(|own| Arc::ptr_eq(own, chunk));
        assert_eq!(set.slices().iter().filter(shared).count(), set.slices().len() - 1);
    }
}

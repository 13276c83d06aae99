//! A map from 64-bit hashes that is stored in shards: a changed copy shares all shards but one with the original.
//!
//! The first bits of a hash determine its shard. A full shard is split by one more bit. The table of shards is
//! doubled only if the shard already uses all bits of the table. What must not go in: keys. Two keys with one hash
//! share a value, and the user of the map must allow that.
//!
//! INVARIANT: a shard of `n` bits contains all hashes that begin with the same `n` bits, sorted.

use std::sync::Arc;

/// The number of values above which a shard is split. A change copies only the values of one shard.
const LIMIT: usize = 64;
/// The greatest number of bits that determine a shard. A shard with that many bits is not split, however full it
/// is.
const MOST_BITS: u32 = 20;

/// A map from hashes to values. A clone is cheap.
#[derive(Debug, Clone)]
pub(super) struct Shards<V> {
    table: Arc<Table<V>>,
}

#[derive(Debug, Clone)]
struct Table<V> {
    /// The number of leading bits of a hash that determine its slot.
    bits: u32,
    /// The index of a shard for each beginning of a hash; adjacent slots may have the same index.
    slots: Vec<u32>,
    shards: Vec<Arc<Shard<V>>>,
}

#[derive(Debug, Clone)]
struct Shard<V> {
    /// The number of leading bits that all hashes of the shard share.
    bits: u32,
    entries: Vec<(u64, V)>,
}

impl<V> Default for Shards<V> {
    fn default() -> Self {
        let shard = Shard { bits: 0, entries: Vec::new() };
        let table = Table { bits: 0, slots: vec![0], shards: vec![Arc::new(shard)] };
        Self { table: Arc::new(table) }
    }
}

/// Returns the first `bits` bits of a hash as a number.
fn first_bits(hash: u64, bits: u32) -> usize {
    let first = hash.checked_shr(u64::BITS - bits).unwrap_or(0);
    usize::try_from(first).unwrap_or(usize::MAX)
}

impl<V> Table<V> {
    fn number(&self, hash: u64) -> usize {
        let number = self.slots.get(first_bits(hash, self.bits)).copied().unwrap_or(0);
        usize::try_from(number).unwrap_or(usize::MAX)
    }
}

impl<V> Shard<V> {
    /// Returns the index of `hash`, or the index where it belongs. Hashes are spread evenly, so the search starts
    /// at the expected index. The search usually reads one or two cache lines.
    fn find(&self, hash: u64) -> Result<usize, usize> {
        let rest = hash.checked_shl(self.bits).unwrap_or(0);
        let guess = (u128::from(rest) * u128::try_from(self.entries.len()).unwrap_or(0)) >> u64::BITS;
        let guess = usize::try_from(guess).unwrap_or(0);
        let before = self.entries.get(..guess).unwrap_or_default();
        let after = self.entries.get(guess..).unwrap_or_default();
        let back = before.iter().rev().take_while(|(other, _)| *other >= hash).count();
        let on = after.iter().take_while(|(other, _)| *other < hash).count();
        let at = guess - back + on;
        let found = self.entries.get(at).is_some_and(|(other, _)| *other == hash);
        if found { Ok(at) } else { Err(at) }
    }
}

impl<V> Shards<V> {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.table.shards.iter().map(|shard| shard.entries.len()).sum()
    }

    /// Returns the value for `hash`.
    pub(super) fn get(&self, hash: u64) -> Option<&V> {
        let shard = self.table.shards.get(self.table.number(hash))?;
        let at = shard.find(hash).ok()?;
        shard.entries.get(at).map(|(_, value)| value)
    }
}

impl<V: Clone + Default> Shards<V> {
    /// Changes the value for `hash`, or a new default value. Keeps the changed value only if `change` returns true.
    pub(super) fn change(&mut self, hash: u64, change: impl FnOnce(&mut V) -> bool) {
        let table = Arc::make_mut(&mut self.table);
        let number = table.number(hash);
        let Some(shard) = table.shards.get_mut(number) else {
            return;
        };
        let shard = Arc::make_mut(shard);
        match shard.find(hash) {
            Ok(at) => {
                if !shard.entries.get_mut(at).is_some_and(|(_, value)| change(value)) {
                    shard.entries.remove(at);
                }
            }
            Err(at) => {
                let mut value = V::default();
                if !change(&mut value) {
                    return;
                }
                if shard.entries.len() == shard.entries.capacity() {
                    shard.entries.reserve_exact(shard.entries.len() / 4 + 3);
                }
                shard.entries.insert(at, (hash, value));
                if shard.entries.len() > LIMIT && shard.bits < MOST_BITS {
                    table.split(number, hash);
                }
            }
        }
    }
}

impl<V: Clone> Table<V> {
    /// Splits the shard that contains `hash`.
    fn split(&mut self, number: usize, hash: u64) {
        let next = u32::try_from(self.shards.len());
        let (Some(lower), Ok(next)) = (self.shards.get_mut(number), next) else {
            return;
        };
        let lower = Arc::make_mut(lower);
        let bits = lower.bits + 1;
        let is_lower = |(hash, _): &(u64, V)| first_bits(*hash, bits) & 1 == 0;
        let upper = lower.entries.split_off(lower.entries.partition_point(is_lower));
        lower.entries.shrink_to_fit();
        lower.bits = bits;
        self.shards.push(Arc::new(Shard { bits, entries: upper }));
        if bits > self.bits {
            self.slots = self.slots.iter().flat_map(|slot| [*slot, *slot]).collect();
            self.bits = bits;
        }
        let more = self.bits - bits;
        let from = (first_bits(hash, bits) | 1) << more;
        if let Some(slots) = self.slots.get_mut(from..from + (1 << more)) {
            slots.fill(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// Makes a hash that is spread over all bits, or one of many hashes with the same first 40 bits.
    fn hash(key: u16, spread: bool) -> u64 {
        if spread { u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15) } else { u64::from(key) << 8 }
    }

    fn check(map: &Shards<u32>, plain: &BTreeMap<u64, u32>) {
        assert_eq!(map.len(), plain.len());
        assert!(plain.iter().all(|(hash, value)| map.get(*hash) == Some(value)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_a_map(
            spread: bool,
            steps in prop::collection::vec((0_u16..4000, 0_u32..3), 1..8000),
        ) {
            let (mut map, mut plain) = (Shards::default(), BTreeMap::new());
            let (mut older, mut older_plain) = (map.clone(), plain.clone());
            for (count, (key, value)) in steps.into_iter().enumerate() {
                let hash = hash(key, spread);
                // A value of 0 is removed. The map first grows and then shrinks.
                let value = if count < 3000 { value + 1 } else { value % 2 };
                map.change(hash, |own| {
                    *own = value;
                    value > 0
                });
                if value > 0 { plain.insert(hash, value) } else { plain.remove(&hash) };
                prop_assert_eq!(map.get(hash), plain.get(&hash));
                if count % 1000 == 500 {
                    check(&older, &older_plain);
                    (older, older_plain) = (map.clone(), plain.clone());
                }
            }
            check(&map, &plain);
            check(&older, &older_plain);
            for hash in plain.into_keys() {
                map.change(hash, |_| false);
            }
            check(&map, &BTreeMap::new());
        }
    }

    #[test]
    fn shards_stay_small_and_a_change_copies_one() {
        let mut map = Shards::default();
        for key in 0..u16::MAX {
            map.change(hash(key, true), |value| {
                *value = u32::from(key);
                true
            });
        }
        assert!(map.table.shards.iter().all(|shard| shard.entries.len() <= LIMIT));
        let before = map.clone();
        map.change(hash(7, true), |_| false);
        let pairs = before.table.shards.iter().zip(&map.table.shards);
        assert_eq!(pairs.filter(|(old, new)| !Arc::ptr_eq(old, new)).count(), 1);
    }
}

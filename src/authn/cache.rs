//! Bounded caches. The only file that names `moka`.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A map with a bounded number of entries, or a bounded size. When it is full, it drops the least used entries first.
pub(super) struct Cache<K, V>(moka::sync::Cache<K, V>);

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Makes a cache of at most `most` entries.
    pub(super) fn of_entries(most: u64) -> Self {
        Self(moka::sync::Cache::new(most))
    }

    /// Makes a cache of at most `most` entries. Each entry stays for at most `lifetime` after it was inserted.
    pub(super) fn of_passing_entries(most: u64, lifetime: Duration) -> Self {
        Self(moka::sync::Cache::builder().max_capacity(most).time_to_live(lifetime).build())
    }

    /// Makes a cache of entries of at most `most` bytes in total, as `weigh` estimates them.
    pub(super) fn of_bytes(most: u64, weigh: impl Fn(&V) -> usize + Send + Sync + 'static) -> Self {
        let weigher = move |_: &K, value: &V| u32::try_from(weigh(value)).unwrap_or(u32::MAX);
        Self(moka::sync::Cache::builder().max_capacity(most).weigher(weigher).build())
    }

    /// Returns the value of a key, if the cache has it.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.0.get(key)
    }

    /// Stores a value and replaces an older value of the key.
    pub(super) fn insert(&self, key: K, value: V) {
        self.0.insert(key, value);
    }

    /// Drops the value of a key.
    pub(super) fn forget(&self, key: &K) {
        self.0.invalidate(key);
    }
}

/// The number of lookups that a cache answered, and the number that it did not answer.
#[derive(Debug, Default)]
pub struct Hits {
    /// The number of lookups that the cache answered.
    pub hits: AtomicU64,
    /// The number of lookups that the cache did not answer. The server then asked the database or hashed a password.
    pub misses: AtomicU64,
}

impl Hits {
    /// Counts a lookup that the cache answered.
    pub(super) fn hit(&self) {
        self.hits.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a lookup that the cache did not answer.
    pub(super) fn miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }
}

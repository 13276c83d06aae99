//! Bounded caches. The only file that names `moka`.

use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A map that holds no more than a given amount. When it is full, the least used entries go first.
pub(super) struct Cache<K, V>(moka::sync::Cache<K, V>);

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Holds at most `most` entries.
    pub(super) fn of_entries(most: u64) -> Self {
        Self(moka::sync::Cache::new(most))
    }

    /// Holds at most `most` entries, each for `lifetime` after it was put in.
    pub(super) fn of_passing_entries(most: u64, lifetime: Duration) -> Self {
        Self(moka::sync::Cache::builder().max_capacity(most).time_to_live(lifetime).build())
    }

    /// Holds entries of at most `most` bytes in total, as `weigh` estimates them.
    pub(super) fn of_bytes(most: u64, weigh: impl Fn(&V) -> usize + Send + Sync + 'static) -> Self {
        let weigher = move |_: &K, value: &V| u32::try_from(weigh(value)).unwrap_or(u32::MAX);
        Self(moka::sync::Cache::builder().max_capacity(most).weigher(weigher).build())
    }

    /// The value of a key, if it is here.
    pub(super) fn get(&self, key: &K) -> Option<V> {
        self.0.get(key)
    }

    /// Puts a value in, in place of an older one.
    pub(super) fn insert(&self, key: K, value: V) {
        self.0.insert(key, value);
    }

    /// Drops the value of a key.
    pub(super) fn forget(&self, key: &K) {
        self.0.invalidate(key);
    }
}

/// How often a cache had the answer.
#[derive(Debug, Default)]
pub struct Hits {
    /// The cache had it.
    pub hits: AtomicU64,
    /// It had to be found out: the database was asked, or a password hashed.
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

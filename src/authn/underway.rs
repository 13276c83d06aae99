//! Comparisons of passwords that are under way. Equal attempts at the same time share one: one place in the
//! queue, and one hash.
//!
//! INVARIANT: a comparison goes on while anybody waits for it. It is forgotten when it is over, or when
//! all who waited have hung up.

use super::verdicts::Key;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A comparison that any number of attempts wait for: whether the password is right; `None` if it could not
/// be hashed.
pub(super) type Comparison = BoxFuture<'static, Option<bool>>;

#[derive(Default)]
struct Entries {
    /// The number of the next comparison.
    next: u64,
    all: HashMap<Key, (u64, WeakShared<Comparison>)>,
}

/// The comparisons under way.
#[derive(Default, Clone)]
pub(super) struct Underway(Arc<Mutex<Entries>>);

/// Forgets a comparison when it is dropped.
struct Entry {
    underway: Underway,
    key: Key,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut entries = self.underway.lock();
        // After all had hung up, another one may have begun already.
        if entries.all.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            entries.all.remove(&self.key);
        }
    }
}

impl Underway {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The comparison under this key, or the one that `begin` makes. The flag tells whether it was begun
    /// by this call. `None` when `begin` makes none.
    pub(super) fn join(
        &self,
        key: Key,
        begin: impl FnOnce() -> Option<Comparison>,
    ) -> Option<(Shared<Comparison>, bool)> {
        let mut entries = self.lock();
        if let Some(shared) = entries.all.get(&key).and_then(|(_, one)| one.upgrade()) {
            return Some((shared, false));
        }
        let comparison = begin()?;
        let number = entries.next;
        entries.next += 1;
        let entry = Entry { underway: self.clone(), key, number };
        let whole = async move {
            let _entry = entry;
            comparison.await
        };
        let shared = whole.boxed().shared();
        if let Some(weak) = shared.downgrade() {
            entries.all.insert(key, (number, weak));
        }
        Some((shared, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{pending, ready};

    const KEY: Key = [7; 32];

    #[tokio::test]
    async fn equal_attempts_share_one_comparison_until_it_is_over() {
        let underway = Underway::default();
        let (told, tells) = tokio::sync::oneshot::channel();
        let begin = || Some(async move { tells.await.ok() }.boxed());
        let (first, is_first) = underway.join(KEY, begin).unwrap();
        assert!(is_first);
        let (second, is_first) = underway.join(KEY, || panic!("it is under way")).unwrap();
        assert!(!is_first);
        // The one who began it hangs up.
        drop(first);
        told.send(true).unwrap();
        assert_eq!(second.await, Some(true));
        assert!(underway.lock().all.is_empty());
        let (third, is_first) = underway.join(KEY, || Some(ready(Some(false)).boxed())).unwrap();
        assert_eq!((third.await, is_first), (Some(false), true));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_forgotten() {
        let underway = Underway::default();
        let (only, _) = underway.join(KEY, || Some(pending().boxed())).unwrap();
        drop(only);
        assert!(underway.lock().all.is_empty());
        assert!(underway.join(KEY, || None).is_none());
        assert!(underway.lock().all.is_empty());
    }
}

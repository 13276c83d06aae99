//! Comparisons of passwords in progress. Equal attempts at the same time share one comparison: one place in the
//! queue, and one hash.
//!
//! INVARIANT: a comparison continues while any client waits for it. It is forgotten when it is over, or when all
//! clients have hung up.

use super::error::AuthnError;
use super::throttle::Throttled;
use super::verdicts::Key;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A comparison that any number of attempts wait for. Its result is true if the password is right.
pub(super) type Comparison = BoxFuture<'static, Result<bool, NotCompared>>;

/// The reason why a password was not compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotCompared {
    /// Too many attempts wait, or hashing failed.
    Busy,
    /// Too many attempts were wrong.
    Throttled(Throttled),
}

impl From<Throttled> for NotCompared {
    fn from(throttled: Throttled) -> Self {
        Self::Throttled(throttled)
    }
}

impl From<NotCompared> for AuthnError {
    fn from(error: NotCompared) -> Self {
        match error {
            NotCompared::Busy => Self::Busy,
            NotCompared::Throttled(throttled) => Self::Throttled(throttled),
        }
    }
}

#[derive(Default)]
struct Entries {
    /// The number of the next comparison.
    next: u64,
    all: HashMap<Key, (u64, WeakShared<Comparison>)>,
}

/// The comparisons in progress.
#[derive(Default, Clone)]
pub(super) struct Underway(Arc<Mutex<Entries>>);

/// An entry of a comparison. Dropping it forgets the comparison.
struct Entry {
    underway: Underway,
    key: Key,
    number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut entries = self.underway.lock();
        // All clients may have hung up, and another comparison may have begun under the same key.
        if entries.all.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            entries.all.remove(&self.key);
        }
    }
}

impl Underway {
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the comparison under this key, or begins a new one with `begin`. The flag is true if this call began it.
    pub(super) fn join(
        &self,
        key: Key,
        begin: impl FnOnce() -> Result<Comparison, NotCompared>,
    ) -> Result<(Shared<Comparison>, bool), NotCompared> {
        let mut entries = self.lock();
        if let Some(shared) = entries.all.get(&key).and_then(|(_, one)| one.upgrade()) {
            return Ok((shared, false));
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
        Ok((shared, true))
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
        let begin = || Ok(async move { tells.await.map_err(|_| NotCompared::Busy) }.boxed());
        let (first, is_first) = underway.join(KEY, begin).unwrap();
        assert!(is_first);
        let (second, is_first) = underway.join(KEY, || panic!("a second comparison begins")).unwrap();
        assert!(!is_first);
        // The client that began the comparison hangs up.
        drop(first);
        told.send(true).unwrap();
        assert_eq!(second.await, Ok(true));
        assert!(underway.lock().all.is_empty());
        let (third, is_first) = underway.join(KEY, || Ok(ready(Ok(false)).boxed())).unwrap();
        assert_eq!((third.await, is_first), (Ok(false), true));
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_forgotten() {
        let underway = Underway::default();
        let (only, _) = underway.join(KEY, || Ok(pending().boxed())).unwrap();
        drop(only);
        assert!(underway.lock().all.is_empty());
        assert!(underway.join(KEY, || Err(NotCompared::Busy)).is_err());
        assert!(underway.lock().all.is_empty());
    }
}

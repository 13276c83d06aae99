//! How much is looked at before a comparison says that it is not complete: work, not time, so that
//! the same question has the same answer everywhere. Whoever no longer waits for the answer ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set when nobody waits for the answer any more.
pub type Abandoned = Arc<AtomicBool>;

/// What is left to spend, and how often something had to be left out.
#[derive(Debug)]
pub(in crate::domain::policy) struct Work {
    left: usize,
    missed: usize,
    abandoned: Abandoned,
}

impl Work {
    pub(in crate::domain::policy) fn new(most: usize) -> Self {
        Self::until(most, Abandoned::default())
    }

    /// The same, that ends once nobody waits.
    pub(super) fn until(most: usize, abandoned: Abandoned) -> Self {
        Self { left: most, missed: 0, abandoned }
    }

    /// Whether nothing is left to spend, or nobody waits.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0 || self.abandoned.load(Ordering::Relaxed)
    }

    /// Whether so much is left; spends it if it is, and notes what is missed if it is not.
    pub(super) fn spend(&mut self, cost: usize) -> bool {
        match self.left.checked_sub(cost) {
            Some(left) if !self.abandoned.load(Ordering::Relaxed) => {
                self.left = left;
                true
            }
            _ => {
                self.left = 0;
                self.miss();
                false
            }
        }
    }

    /// Does something with one in `parts` of what is left at most, so that something is left after it.
    pub(super) fn part<T>(&mut self, parts: usize, run: impl FnOnce(&mut Work) -> T) -> T {
        let lent = self.left / parts.max(1);
        let mut own = Work::until(lent, self.abandoned.clone());
        let result = run(&mut own);
        self.left = self.left.saturating_sub(lent.saturating_sub(own.left));
        self.missed = self.missed.saturating_add(own.missed);
        result
    }

    /// Does something with all that is left; tells besides whether something was missed, which is not noted.
    pub(super) fn trial<T>(&mut self, run: impl FnOnce(&mut Work) -> T) -> (T, bool) {
        let mut own = Work::until(self.left, self.abandoned.clone());
        let result = run(&mut own);
        self.left = own.left;
        (result, own.missed > 0)
    }

    /// Notes that something was not looked at.
    pub(super) fn miss(&mut self) {
        self.missed = self.missed.saturating_add(1);
    }

    /// How often something was not looked at.
    pub(super) fn missed(&self) -> usize {
        self.missed
    }
}

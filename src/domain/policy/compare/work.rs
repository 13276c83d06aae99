//! The work that a comparison, or another search with the same budget, may do before it reports that the result is
//! incomplete. The bound counts work, not time, so the same question has the same answer everywhere. The search
//! ends early if the caller no longer waits for the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that the caller sets when it no longer waits for the answer.
pub type Abandoned = Arc<AtomicBool>;

/// The budget of work that is left, and the number of things that were left out.
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

    /// Makes a budget that also ends when the caller sets `abandoned`.
    pub(in crate::domain::policy) fn until(most: usize, abandoned: Abandoned) -> Self {
        Self { left: most, missed: 0, abandoned }
    }

    /// Returns true if no work is left, or the caller no longer waits.
    pub(super) fn is_over(&self) -> bool {
        self.left == 0 || self.abandoned.load(Ordering::Relaxed)
    }

    /// Spends work and returns true. If less than `cost` is left, or the caller no longer waits, counts a miss,
    /// ends the budget and returns false.
    pub(in crate::domain::policy) fn spend(&mut self, cost: usize) -> bool {
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

    /// Runs a task that may spend an equal share of the work that is left: one of `parts` shares.
    pub(super) fn part<T>(&mut self, parts: usize, run: impl FnOnce(&mut Work) -> T) -> T {
        let lent = self.left / parts.max(1);
        let mut own = Work::until(lent, self.abandoned.clone());
        let result = run(&mut own);
        self.left = self.left.saturating_sub(lent.saturating_sub(own.left));
        self.missed = self.missed.saturating_add(own.missed);
        result
    }

    /// Runs a task with all the work that is left. The second result is true if the task missed something; the miss
    /// is not counted in this budget.
    pub(super) fn trial<T>(&mut self, run: impl FnOnce(&mut Work) -> T) -> (T, bool) {
        let mut own = Work::until(self.left, self.abandoned.clone());
        let result = run(&mut own);
        self.left = own.left;
        (result, own.missed > 0)
    }

    /// Counts one thing that was left out.
    pub(super) fn miss(&mut self) {
        self.missed = self.missed.saturating_add(1);
    }

    /// Returns the number of things that were left out.
    pub(super) fn missed(&self) -> usize {
        self.missed
    }
}

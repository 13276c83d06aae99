//! Tells long work in another thread that its client has left, so that the work can stop.

use crate::domain::policy::Abandoned;
use crate::storage::StoreError;
use std::sync::atomic::Ordering;

/// The flag that is set when the client no longer waits for the answer.
#[derive(Clone, Default)]
pub(super) struct Waiting(Abandoned);

/// The handle of the request that waits for the answer. Dropping the handle sets the flag.
pub(super) struct Waiter(Waiting);

impl Waiting {
    /// Returns the handle that the waiting request keeps.
    pub(super) fn waiter(&self) -> Waiter {
        Waiter(self.clone())
    }

    /// Returns the flag that is set when the client no longer waits.
    pub(super) fn abandoned(&self) -> Abandoned {
        self.0.clone()
    }

    /// Fails if the client no longer waits.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.0.load(Ordering::Acquire) { Err(StoreError::Cut) } else { Ok(()) }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Release);
    }
}

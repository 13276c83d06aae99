//! Turns to hash: so many at once, on the blocking pool, with a bounded queue before them.

use super::hashing::Memory;
use crate::metrics::Metrics;
use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many may wait. A hash takes some 30 ms, so that even behind one permit the last one has its turn
/// before its client gives up.
const QUEUE: usize = 256;

/// Bounds how many hashes run at once, and how many wait.
pub(super) struct Turns {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    /// Memory of earlier hashes, for the next ones: at most one for each permit.
    memory: Mutex<Vec<Memory>>,
    metrics: Arc<Metrics>,
}

/// A turn that has come, or a place in the queue. Whoever drops it leaves the queue.
pub(super) enum Place {
    /// The turn has come.
    First(OwnedSemaphorePermit),
    /// It comes after those who wait already.
    Queued(Queued),
}

/// A place in the queue.
pub(super) struct Queued {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Place {
    /// Waits for the turn.
    pub(super) async fn turn(self) -> Option<OwnedSemaphorePermit> {
        match self {
            Self::First(permit) => Some(permit),
            Self::Queued(place) => place.permits.clone().acquire_owned().await.ok(),
        }
    }
}

impl Turns {
    pub(super) fn new(permits: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits.max(1))),
            waiting: Arc::default(),
            memory: Mutex::default(),
            metrics,
        }
    }

    /// How many wait.
    pub(super) fn queue(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// The turn, if nobody else is at work or waits.
    pub(super) fn at_once(&self) -> Option<OwnedSemaphorePermit> {
        self.permits.clone().try_acquire_owned().ok()
    }

    /// The turn, or a place in the queue; `None` when the queue is full.
    pub(super) fn place(&self) -> Option<Place> {
        if let Some(permit) = self.at_once() {
            return Some(Place::First(permit));
        }
        let one_more = |waiting| (waiting < QUEUE).then_some(waiting + 1);
        if self.waiting.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_err() {
            self.count_refused();
            return None;
        }
        Some(Place::Queued(Queued { permits: self.permits.clone(), waiting: self.waiting.clone() }))
    }

    /// Counts a password that was not hashed because too many were waiting.
    pub(super) fn count_refused(&self) {
        self.metrics.count_refused_hash();
    }

    /// Runs `work` on the blocking pool and holds `permit` until it is done, even if nobody waits.
    pub(super) fn run<T: Send + 'static>(
        self: &Arc<Self>,
        permit: OwnedSemaphorePermit,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> impl Future<Output = Option<T>> + Send + 'static {
        let turns = self.clone();
        let task = tokio::task::spawn_blocking(move || {
            let lock = || turns.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let memory = lock().pop();
            let mut memory = memory.unwrap_or_default();
            let began = Instant::now();
            let result = work(&mut memory);
            turns.metrics.time_hash(began.elapsed());
            lock().push(memory);
            drop(permit);
            result
        });
        async move { task.await.ok() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_queue_is_bounded_and_a_place_that_is_dropped_is_free() {
        let turns = Turns::new(1, Arc::default());
        let first = turns.place().unwrap();
        let mut queue: Vec<Place> = std::iter::from_fn(|| turns.place()).collect();
        assert_eq!((queue.len(), turns.queue()), (QUEUE, QUEUE));
        queue.truncate(QUEUE - 1);
        let last = turns.place().unwrap();
        assert!(turns.place().is_none());
        drop((first, queue));
        assert!(last.turn().await.is_some());
        assert_eq!(turns.queue(), 0);
    }
}

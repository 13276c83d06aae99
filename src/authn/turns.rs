//! Turns to hash: a limited number of hashes at once, on the blocking pool, with a bounded queue.
//!
//! The queue is ordered by rank, then by arrival. If the queue is full, an attempt with a better rank replaces the
//! last attempt. So people who guess cannot keep others out.

use super::hashing::Memory;
use super::throttle::Rank;
use crate::metrics::Metrics;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// The most passwords that may wait. A hash takes some 30 ms, so even with one permit the last password has its turn
/// before its client gives up.
const QUEUE: usize = 256;

/// The turns, bounded in number, and the queue for them.
pub(super) struct Turns {
    line: Line,
    /// The memory of earlier hashes, for reuse: at most one piece for each permit.
    memory: Mutex<Vec<Memory>>,
    metrics: Arc<Metrics>,
}

/// The place of an attempt in the order of the queue: its rank, then the number of its arrival.
type Standing = (Rank, u64);

/// INVARIANT: an attempt waits only while no turn is free.
struct State {
    free: usize,
    arrivals: u64,
    waiting: BTreeMap<Standing, oneshot::Sender<Turn>>,
}

/// The queue, and the number of free turns.
#[derive(Clone)]
struct Line(Arc<Mutex<State>>);

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn to hash. When it is dropped, the next attempt in the queue gets it.
pub(super) struct Turn(Line);

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let next = state.waiting.pop_first();
        if next.is_none() {
            state.free += 1;
        }
        drop(state);
        if let Some((_, next)) = next {
            // If the next attempt has just given up, this line drops the turn, and the drop passes it on.
            let _ = next.send(Self(self.0.clone()));
        }
    }
}

/// A turn, or a place in the queue. Dropping a place leaves the queue.
pub(super) enum Place {
    /// A turn that was free.
    First(Turn),
    /// A place in the queue.
    Queued(Queued),
}

/// A place in the queue.
pub(super) struct Queued {
    line: Line,
    standing: Standing,
    turn: oneshot::Receiver<Turn>,
}

impl Drop for Queued {
    fn drop(&mut self) {
        self.line.lock().waiting.remove(&self.standing);
    }
}

impl Place {
    /// Waits for the turn. Returns `None` if an attempt with a better rank took the place.
    pub(super) async fn turn(self) -> Option<Turn> {
        match self {
            Self::First(turn) => Some(turn),
            Self::Queued(mut place) => (&mut place.turn).await.ok(),
        }
    }
}

impl Turns {
    pub(super) fn new(permits: usize, metrics: Arc<Metrics>) -> Self {
        let state = State { free: permits.max(1), arrivals: 0, waiting: BTreeMap::new() };
        Self { line: Line(Arc::new(Mutex::new(state))), memory: Mutex::default(), metrics }
    }

    /// Returns the number of waiting attempts.
    pub(super) fn queue(&self) -> usize {
        self.line.lock().waiting.len()
    }

    /// Returns a turn, if one is free.
    pub(super) fn at_once(&self) -> Option<Turn> {
        self.take_free(&mut self.line.lock())
    }

    fn take_free(&self, state: &mut State) -> Option<Turn> {
        state.free = state.free.checked_sub(1)?;
        Some(Turn(self.line.clone()))
    }

    /// Returns a turn or a place in the queue. Returns `None` if the queue is full of attempts with the same or a
    /// better rank.
    pub(super) fn place(&self, rank: Rank) -> Option<Place> {
        // INVARIANT: the look for a free turn and the entry into the queue happen under one lock. Otherwise a turn
        // that becomes free in between would be lost.
        let mut state = self.line.lock();
        if let Some(turn) = self.take_free(&mut state) {
            return Some(Place::First(turn));
        }
        if state.waiting.len() >= QUEUE {
            self.count_refused();
            let last = state.waiting.last_entry().filter(|last| rank < last.key().0)?;
            last.remove();
        }
        let (number, standing) = (state.arrivals + 1, (rank, state.arrivals));
        state.arrivals = number;
        let (next, turn) = oneshot::channel();
        state.waiting.insert(standing, next);
        drop(state);
        Some(Place::Queued(Queued { line: self.line.clone(), standing, turn }))
    }

    /// Counts a password that was not hashed because too many were waiting, or because its wait was too long.
    pub(super) fn count_refused(&self) {
        self.metrics.count_refused_hash();
    }

    /// Runs `work` on the blocking pool and keeps `turn` until the work ends, even if no client waits any more.
    /// Returns `None` if the work panics.
    pub(super) fn run<T: Send + 'static>(
        self: &Arc<Self>,
        turn: Turn,
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
            drop(turn);
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
        let first = turns.place(1).unwrap();
        let mut queue: Vec<Place> = std::iter::from_fn(|| turns.place(1)).collect();
        assert_eq!((queue.len(), turns.queue()), (QUEUE, QUEUE));
        queue.truncate(QUEUE - 1);
        let last = turns.place(1).unwrap();
        assert!(turns.place(1).is_none());
        drop((first, queue));
        assert!(last.turn().await.is_some());
        assert_eq!(turns.queue(), 0);
        assert!(turns.at_once().is_some(), "the turn is free again");
    }

    #[tokio::test]
    async fn whoever_ranks_better_comes_first_and_takes_the_place_of_the_last() {
        let turns = Turns::new(1, Arc::default());
        let at_work = turns.place(7).unwrap();
        let mut guesses: Vec<Place> = std::iter::from_fn(|| turns.place(7)).collect();
        let newcomer = turns.place(1).unwrap();
        assert_eq!(turns.queue(), QUEUE, "the queue is still full");
        assert!(guesses.pop().unwrap().turn().await.is_none(), "the last guess lost its place");
        assert!(turns.place(7).is_none());
        drop(at_work);
        let turn = newcomer.turn().await.unwrap();
        let mut guesses = guesses.into_iter();
        let next = guesses.next().unwrap();
        drop(turn);
        assert!(next.turn().await.is_some(), "equal ranks are served by arrival");
        drop(guesses);
        assert!(turns.at_once().is_some());
    }
}

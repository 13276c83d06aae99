//! Turns to hash: so many at once, on the blocking pool, with a bounded queue before them.
//!
//! The queue is ordered by rank, then by arrival. When it is full, whoever has a better rank than the last in
//! it takes that place. So those who guess cannot keep others out.

use super::hashing::Memory;
use super::throttle::Rank;
use crate::metrics::Metrics;
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

/// How many may wait. A hash takes some 30 ms, so that even behind one permit the last one has its turn
/// before its client gives up.
const QUEUE: usize = 256;

/// Bounds how many hashes run at once, and how many wait.
pub(super) struct Turns {
    line: Line,
    /// Memory of earlier hashes, for the next ones: at most one for each permit.
    memory: Mutex<Vec<Memory>>,
    metrics: Arc<Metrics>,
}

/// Where somebody stands in the queue: the rank, then the number of the arrival.
type Standing = (Rank, u64);

/// INVARIANT: somebody waits only while no turn is free.
struct State {
    free: usize,
    arrivals: u64,
    waiting: BTreeMap<Standing, oneshot::Sender<Turn>>,
}

/// The queue, and the turns that are free.
#[derive(Clone)]
struct Line(Arc<Mutex<State>>);

impl Line {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A turn to hash. It goes to the next one when it is dropped.
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
            // If the next one has just given up, this drops the turn again, which passes it on.
            let _ = next.send(Self(self.0.clone()));
        }
    }
}

/// A turn that has come, or a place in the queue. Whoever drops it leaves the queue.
pub(super) enum Place {
    /// The turn has come.
    First(Turn),
    /// It comes after those who stand before.
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
    /// Waits for the turn; `None` if somebody with a better rank took the place.
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

    /// How many wait.
    pub(super) fn queue(&self) -> usize {
        self.line.lock().waiting.len()
    }

    /// The turn, if nobody else is at work or waits.
    pub(super) fn at_once(&self) -> Option<Turn> {
        let mut state = self.line.lock();
        state.free = state.free.checked_sub(1)?;
        Some(Turn(self.line.clone()))
    }

    /// The turn, or a place in the queue; `None` when the queue is full of those who rank as high.
    pub(super) fn place(&self, rank: Rank) -> Option<Place> {
        if let Some(turn) = self.at_once() {
            return Some(Place::First(turn));
        }
        let mut state = self.line.lock();
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

    /// Counts a password that was not hashed because too many were waiting.
    pub(super) fn count_refused(&self) {
        self.metrics.count_refused_hash();
    }

    /// Runs `work` on the blocking pool and holds `turn` until it is done, even if nobody waits.
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
        assert!(turns.at_once().is_some(), "the turn came back");
    }

    #[tokio::test]
    async fn whoever_ranks_better_comes_first_and_takes_the_place_of_the_last() {
        let turns = Turns::new(1, Arc::default());
        let at_work = turns.place(7).unwrap();
        let mut guesses: Vec<Place> = std::iter::from_fn(|| turns.place(7)).collect();
        let newcomer = turns.place(1).unwrap();
        assert_eq!(turns.queue(), QUEUE, "there are as many as before");
        assert!(guesses.pop().unwrap().turn().await.is_none(), "the last guess lost its place");
        assert!(turns.place(7).is_none());
        drop(at_work);
        let turn = newcomer.turn().await.unwrap();
        let mut guesses = guesses.into_iter();
        let next = guesses.next().unwrap();
        drop(turn);
        assert!(next.turn().await.is_some(), "then by arrival");
        drop(guesses);
        assert!(turns.at_once().is_some());
    }
}

//! Limits the requests that examine very many names: the number of such requests at once, and the work of each.
//!
//! INVARIANT: at most half of the processors (but at least one) examine names, however many clients ask. The other
//! processors stay free for tokens and password hashes. Names are examined on the threads for blocking work, on which
//! passwords are also hashed.

use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// The number of requests that may wait for each turn, in addition to the request that has the turn.
const WAITING: usize = 8;
/// The longest time for which a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time after which a request examines no further names.
const TIME: Duration = Duration::from_millis(100);

/// The reason why names were not examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// Too many requests are examining names already.
    #[error("too many lists and searches at once: try again")]
    Busy,
    /// The work panicked, or the server stopped before the work began.
    #[error("the work panicked, or the server stopped before the work began")]
    Cut,
}

/// The work that one request may still do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    names: usize,
    time: Duration,
}

impl Effort {
    /// The greatest number of names that are examined between two checks of the time.
    pub const PORTION: usize = 500;

    /// Returns how many of the next `most` names may be examined. The number is at least 1, so every request makes
    /// progress.
    #[must_use]
    pub fn next(&self, most: usize) -> usize {
        most.min(self.names).max(1)
    }

    /// Notes that `names` names were examined since `began`.
    pub fn spend(&mut self, names: usize, began: Instant) {
        self.names = self.names.saturating_sub(names);
        self.time = self.time.saturating_sub(began.elapsed());
    }

    /// Returns true if the request may examine no further names.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.names == 0 || self.time.is_zero()
    }
}

/// The turns for requests that examine many names.
pub struct Looking {
    turns: Arc<Semaphore>,
    waiting: Semaphore,
    effort: Effort,
}

impl Looking {
    /// Makes the turns for a machine with this number of processors. One request may examine `names` names.
    #[must_use]
    pub fn new(processors: usize, names: usize) -> Self {
        let turns = (processors / 2).max(1);
        Self {
            turns: Arc::new(Semaphore::new(turns)),
            waiting: Semaphore::new(turns * (WAITING + 1)),
            effort: Effort { names, time: TIME },
        }
    }

    /// Returns the work that one request may do.
    #[must_use]
    pub fn effort(&self) -> Effort {
        self.effort
    }

    /// Runs work when a turn is free. The turn lasts as long as the work, even if the client has hung up.
    ///
    /// Fails with [`LookError::Busy`] if too many requests are waiting, or if no turn becomes free in time. Fails with
    /// [`LookError::Cut`] if the work panics, or if the server stops before the work begins.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, LookError> {
        let _place = self.waiting.try_acquire().map_err(|_| LookError::Busy)?;
        let turn = timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok).ok_or(LookError::Busy)?;
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        working.await.map_err(|_| LookError::Cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_request_ends_by_its_names_and_by_its_time() {
        let mut effort = Looking::new(2, 10).effort();
        assert_eq!((effort.next(4), effort.next(40)), (4, 10));
        effort.spend(10, Instant::now());
        assert!(effort.is_spent());
        assert_eq!(effort.next(4), 1, "even a request without effort left makes progress");
        let mut effort = Looking::new(2, usize::MAX).effort();
        assert!(!effort.is_spent());
        effort.spend(1, Instant::now().checked_sub(TIME).unwrap());
        assert!(effort.is_spent());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn half_the_processors_work_a_few_requests_wait_and_the_others_are_refused() {
        let looking = Arc::new(Looking::new(4, usize::MAX));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let asking = (0..60).map(|_| {
            let (looking, now, most) = (looking.clone(), now.clone(), most.clone());
            tokio::spawn(async move {
                let work = move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(Duration::from_millis(20));
                    now.fetch_sub(1, Ordering::SeqCst);
                };
                looking.run(work).await
            })
        });
        let (mut done, mut refused) = (0, 0);
        for one in asking.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(()) => done += 1,
                Err(error) => {
                    assert_eq!(error, LookError::Busy);
                    refused += 1;
                }
            }
        }
        assert!(most.load(Ordering::SeqCst) <= 2, "{most:?} requests worked at once");
        assert!(done >= 2 * (WAITING + 1) && refused > 0, "{done} requests done, {refused} refused");
    }

    #[tokio::test]
    async fn a_turn_lasts_as_long_as_the_work_of_a_client_that_hung_up() {
        let looking = Arc::new(Looking::new(1, usize::MAX));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let other = looking.clone();
        let asking = tokio::spawn(async move { other.run(move || ended.recv()).await });
        while looking.turns.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        assert_eq!(looking.turns.available_permits(), 0);
        drop(end);
        assert_eq!(looking.run(|| 1).await, Ok(1));
    }
}

//! Lines of the log about what may happen thousands of times: the first is written at once, further ones once a
//! minute with their number.

use actix_web::rt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long nothing is told after a line.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Counts events of one kind between the lines about them.
pub(super) struct Sparing<T>(Arc<Waiting<T>>);

impl<T> Default for Sparing<T> {
    fn default() -> Self {
        Self(Arc::new(Waiting(Mutex::new(State { is_quiet: false, count: 0, last: None }))))
    }
}

/// What waits to be told.
struct Waiting<T>(Mutex<State<T>>);

struct State<T> {
    /// Whether a line was written within the last minute.
    is_quiet: bool,
    count: u64,
    last: Option<T>,
}

impl<T: 'static> Sparing<T> {
    /// Notes an event. `tell` writes the line about the last of so many events.
    pub(super) fn note(&self, event: T, tell: impl Fn(&T, u64) + 'static) {
        let Some(first) = self.0.admit(event) else {
            return;
        };
        tell(&first, 1);
        let waiting = self.0.clone();
        rt::spawn(async move {
            loop {
                tokio::time::sleep(BETWEEN_LINES).await;
                match waiting.take() {
                    Some((count, last)) => tell(&last, count),
                    None => return,
                }
            }
        });
    }
}

impl<T> Waiting<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an event back that is to be told at once, and counts the others.
    fn admit(&self, event: T) -> Option<T> {
        let mut state = self.lock();
        if !state.is_quiet {
            state.is_quiet = true;
            return Some(event);
        }
        state.count += 1;
        state.last = Some(event);
        None
    }

    /// What was counted in the last minute. If nothing was, the next event is told at once.
    fn take(&self) -> Option<(u64, T)> {
        let mut state = self.lock();
        let count = std::mem::take(&mut state.count);
        let last = state.last.take();
        state.is_quiet = last.is_some();
        last.map(|last| (count, last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_once_a_minute_with_their_number() {
        let Sparing(waiting) = Sparing::default();
        for _ in 0..2 {
            assert_eq!(waiting.admit("first"), Some("first"));
            assert_eq!((waiting.admit("second"), waiting.admit("third")), (None, None));
            assert_eq!(waiting.take(), Some((2, "third")));
            assert_eq!(waiting.admit("fourth"), None, "within the next minute");
            assert_eq!(waiting.take(), Some((1, "fourth")));
            assert_eq!(waiting.take(), None, "a minute without any");
        }
    }
}

//! Limits lines of the log that clients can cause in any number. The first line is written at once. The lines of the
//! next minute become one line with their number.

use actix_web::rt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The time between two lines.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// A line of the log that is limited.
pub(super) trait Line: Send + 'static {
    /// Writes the line. `count` is the number of lines since the last written line, including this line.
    fn tell(&self, count: u64);
}

/// The limit of lines of one kind.
pub(super) struct OnceAMinute<L>(Arc<Waiting<L>>);

impl<L> Default for OnceAMinute<L> {
    fn default() -> Self {
        Self(Arc::new(Waiting(Mutex::new(State { is_quiet: false, count: 0, last: None }))))
    }
}

impl<L> Clone for OnceAMinute<L> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<L: Line> OnceAMinute<L> {
    /// Writes this line now, or counts it. The caller must be on a thread that serves requests.
    pub(super) fn note(&self, line: L) {
        let Some(first) = self.0.admit(line) else {
            return;
        };
        first.tell(1);
        let waiting = self.0.clone();
        rt::spawn(async move {
            loop {
                tokio::time::sleep(BETWEEN_LINES).await;
                match waiting.take() {
                    Some((count, last)) => last.tell(count),
                    None => return,
                }
            }
        });
    }
}

/// The lines that wait to be written.
struct Waiting<L>(Mutex<State<L>>);

struct State<L> {
    /// True if a line was written within the last minute.
    is_quiet: bool,
    count: u64,
    last: Option<L>,
}

impl<L> Waiting<L> {
    fn lock(&self) -> MutexGuard<'_, State<L>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the line if it must be written now. Otherwise counts it.
    fn admit(&self, line: L) -> Option<L> {
        let mut state = self.lock();
        if !state.is_quiet {
            state.is_quiet = true;
            return Some(line);
        }
        state.count += 1;
        state.last = Some(line);
        None
    }

    /// Takes the lines of the last minute: their number and the last of them. If there were no lines, the next line
    /// is written at once.
    fn take(&self) -> Option<(u64, L)> {
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
    fn lines_are_told_once_a_minute_with_their_number() {
        let lines = OnceAMinute::default();
        let waiting: &Waiting<&str> = &lines.0;
        for _ in 0..2 {
            assert_eq!(waiting.admit("first"), Some("first"));
            assert_eq!((waiting.admit("second"), waiting.admit("third")), (None, None));
            assert_eq!(waiting.take(), Some((2, "third")));
            assert_eq!(waiting.admit("fourth"), None, "the line waits for the end of the minute");
            assert_eq!(waiting.take(), Some((1, "fourth")));
            assert_eq!(waiting.take(), None, "no line came within the minute");
        }
    }
}

//! Reports the progress of long work on standard error.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// The shortest time between two reports if standard error is not a terminal.
const SELDOM: Duration = Duration::from_secs(5);
/// The shortest time between two reports on a terminal.
const OFTEN: Duration = Duration::from_millis(200);

/// Reports progress: on a terminal in one line that changes, else in a line every few seconds.
pub(super) struct Teller {
    began: Instant,
    last: Instant,
    watched: bool,
}

impl Teller {
    /// Returns a reporter for work that begins now.
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { began: now, last: now, watched: std::io::stderr().is_terminal() }
    }

    /// Reports the progress `what`, unless the last report, or the beginning of the work, was a moment ago.
    pub(super) fn tell(&mut self, what: &str) {
        let pause = if self.watched { OFTEN } else { SELDOM };
        if self.last.elapsed() < pause {
            return;
        }
        self.last = Instant::now();
        let line = format!("{} s: {what}", self.began.elapsed().as_secs());
        // The work continues if its progress cannot be reported.
        let _ = if self.watched {
            write!(std::io::stderr(), "\r\x1b[K{line}")
        } else {
            writeln!(std::io::stderr(), "{line}")
        };
    }

    /// Removes the progress line from the terminal.
    pub(super) fn end(&self) {
        if self.watched {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

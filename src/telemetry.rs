//! The log: text or JSON lines on standard error, through a bounded buffer that never blocks.
//!
//! Every event adds a line to one buffer. A thread of its own writes the buffer out, at most about a hundred times
//! a second. So a busy server does not pay for a system call and a thread switch for each line.
//!
//! INVARIANT: one event is one line, and a value from outside never reaches a terminal unescaped.

use crate::config::LogFormat;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::UtcTime;

/// The greatest size of the buffer, bytes. Further lines are dropped and counted.
const MOST_WAITING: usize = 8 * 1024 * 1024;
/// Turns off messages of other crates for events that this program logs itself. The filter in the settings can turn
/// them on again.
///
/// Events that no directive matches stay at `info`, so a directive for one target does not silence all others.
const USUAL: &str = "info,actix_server=warn,actix_http::h1=off,sqlx=off";
/// The longest time for which the exiting process waits until the last lines are written.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// The greatest capacity that the buffer keeps after a write, bytes.
const KEPT_ROOM: usize = 256 * 1024;
/// The time for which lines are collected after a write.
const PAUSE: Duration = Duration::from_millis(10);

/// The reason why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter contains a malformed directive.
    #[error(
        "`{0}` cannot be used as a log filter: write error, warn, info, debug, trace or off, or TARGET=LEVEL"
    )]
    Filter(String),
    /// The log is set up already.
    #[error("the log is set up already")]
    Twice,
    /// The thread that writes the log cannot start.
    #[error("the log cannot be set up")]
    Thread(#[source] io::Error),
}

/// Returns true if text for `stream` may be coloured. The stream must be a terminal that supports colours, and
/// `NO_COLOR` must not be set.
// SPEC: no-color.org: an empty variable counts as absent.
#[must_use]
pub fn takes_colour(stream: &impl IsTerminal) -> bool {
    stream.is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}

/// The log of this process, with the thread that writes it.
pub struct Telemetry {
    lines: Lines,
    writer: JoinHandle<()>,
}

impl Telemetry {
    /// Sets up the log of this process.
    pub fn init(format: LogFormat, filter: &str) -> Result<Self, TelemetryError> {
        // The directives of the settings come last, so they prevail over the usual ones.
        let filter = EnvFilter::try_new(format!("{USUAL},{filter}"))
            .map_err(|_| TelemetryError::Filter(filter.to_owned()))?;
        let lines = Lines::default();
        let writer = lines.write_to(io::stderr()).map_err(TelemetryError::Thread)?;
        let made = lines.clone();
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
        let result = match format {
            LogFormat::Json => builder
                .json()
                .flatten_event(true)
                .with_timer(UtcTime::rfc_3339())
                .with_writer(move || made.clone())
                .try_init(),
            LogFormat::Text => builder
                .with_ansi(takes_colour(&io::stderr()))
                .with_timer(UtcTime::rfc_3339())
                .with_writer(move || made.clone())
                .try_init(),
        };
        result.map_err(|_| TelemetryError::Twice)?;
        Ok(Self { lines, writer })
    }

    /// Returns the number of lines that were dropped because standard error was too slow.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.lines.0.dropped.load(Ordering::Relaxed)
    }

    /// Logs the number of dropped lines, and waits until all waiting lines are written, for two seconds at
    /// most.
    pub fn flush(self) {
        let dropped = self.dropped();
        if dropped > 0 {
            tracing::warn!(dropped, "log lines were dropped because standard error was too slow");
        }
        self.lines.close();
        // Perhaps no program reads standard error. The process then ends without its last lines.
        let until = Instant::now() + LAST_WORDS;
        while !self.writer.is_finished() && Instant::now() < until {
            thread::sleep(PAUSE);
        }
    }
}

/// The buffer of lines, with the signal that wakes the writing thread.
#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    dropped: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    closing: bool,
}

/// A writer that takes one event at each call.
#[derive(Clone, Default)]
struct Lines(Arc<Shared>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().closing = true;
        self.0.filled.notify_all();
    }

    /// Starts the thread that writes the lines until the log is closed.
    fn write_to(&self, mut to: impl Write + Send + 'static) -> io::Result<JoinHandle<()>> {
        let lines = self.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            let mut text = Vec::new();
            loop {
                let mut waiting = lines.lock();
                while waiting.text.is_empty() && !waiting.closing {
                    waiting = lines.0.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
                }
                std::mem::swap(&mut waiting.text, &mut text);
                let closing = waiting.closing;
                drop(waiting);
                // If standard error cannot be written, there is no other place for a message.
                let _ = to.write_all(&text).and_then(|()| to.flush());
                text.clear();
                text.shrink_to(KEPT_ROOM);
                if closing {
                    return;
                }
                thread::sleep(PAUSE);
            }
        })
    }
}

impl Write for Lines {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let mut waiting = self.lock();
        if waiting.text.len() + event.len() > MOST_WAITING {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
            return Ok(event.len());
        }
        let was_empty = waiting.text.is_empty();
        put_line(&mut waiting.text, event);
        drop(waiting);
        if was_empty {
            self.0.filled.notify_one();
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Appends an event as one line. Escapes all control characters except ESC and the final line break.
fn put_line(text: &mut Vec<u8>, event: &[u8]) {
    let (body, end) = match event.split_last() {
        Some((b'\n', body)) => (body, true),
        _ => (event, false),
    };
    // ESC is not escaped, because our own colours use it. The formatter has already escaped ESC in values.
    let is_harmful = |byte: &u8| byte.is_ascii_control() && *byte != 0x1b;
    if body.iter().any(is_harmful) {
        for byte in body {
            if is_harmful(byte) {
                text.extend(byte.escape_ascii());
            } else {
                text.push(*byte);
            }
        }
    } else {
        text.extend_from_slice(body);
    }
    if end {
        text.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A writer that stores the text and counts the calls.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Paper {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            let mut paper = self.0.lock().unwrap();
            paper.0.extend_from_slice(text);
            paper.1 += 1;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_once_and_in_order_by_few_calls() {
        let (mut lines, paper) = (Lines::default(), Paper::default());
        let writer = lines.write_to(paper.clone()).unwrap();
        for number in 0..10_000 {
            lines.write_all(format!("line {number}\n").as_bytes()).unwrap();
        }
        lines.close();
        writer.join().unwrap();
        let (text, calls) = paper.0.lock().unwrap().clone();
        let expected: String = (0..10_000).map(|number| format!("line {number}\n")).collect();
        assert_eq!(String::from_utf8(text).unwrap(), expected);
        assert!(calls < 1000, "{calls} calls");
    }

    #[test]
    fn a_line_comes_soon_without_another() {
        let (mut lines, paper) = (Lines::default(), Paper::default());
        let writer = lines.write_to(paper.clone()).unwrap();
        for _ in 0..3 {
            let before = paper.0.lock().unwrap().0.len();
            lines.write_all(b"one\n").unwrap();
            let begun = std::time::Instant::now();
            while paper.0.lock().unwrap().0.len() == before {
                assert!(begun.elapsed() < Duration::from_secs(10), "the line was never written");
                thread::sleep(Duration::from_millis(1));
            }
        }
        lines.close();
        writer.join().unwrap();
    }

    #[test]
    fn an_event_is_one_line_without_control_characters() {
        let mut text = Vec::new();
        put_line(&mut text, b"a\nb\r\x07 \x1b[1mbold\n");
        put_line(&mut text, b"plain\n");
        assert_eq!(text, b"a\\nb\\r\\x07 \x1b[1mbold\nplain\n");
    }

    #[test]
    fn a_writer_that_does_not_keep_up_costs_lines_and_not_memory() {
        let mut lines = Lines::default();
        let line = vec![b'x'; 1024 * 1024];
        for _ in 0..20 {
            lines.write_all(&line).unwrap();
        }
        assert!(lines.lock().text.len() <= MOST_WAITING);
        assert_eq!(lines.0.dropped.load(Ordering::Relaxed), 12);
    }
}

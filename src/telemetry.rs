//! The log: text or JSON lines on standard error, through a bounded writer that never blocks.
//!
//! INVARIANT: one event is one line, and a value from outside never reaches a terminal raw.

use crate::config::LogFormat;
use std::io::{self, IsTerminal, Write};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::UtcTime;

/// How many lines may wait to be written; further ones are dropped and counted.
const QUEUE_LINES: usize = 16_384;

/// The filter cannot be understood, or a log is set up already.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// Bad directives.
    #[error("`{0}` cannot be used as a log filter: write error, warn, info, debug or trace, or TARGET=LEVEL")]
    Filter(String),
    /// Set up twice.
    #[error("the log is set up already")]
    Twice,
}

/// Keeps the log's writer alive.
pub struct Telemetry {
    guard: WorkerGuard,
    dropped: ErrorCounter,
}

impl Telemetry {
    /// Sets up the log of this process.
    ///
    /// # Errors
    /// [`TelemetryError`].
    pub fn init(format: LogFormat, filter: &str) -> Result<Self, TelemetryError> {
        // The HTTP server's own chatter comes only to those who ask for it.
        let filter = EnvFilter::try_new(format!("actix_server=warn,{filter}"))
            .map_err(|_| TelemetryError::Filter(filter.to_owned()))?;
        let (writer, guard) = bounded(io::stderr());
        let dropped = writer.error_counter();
        let builder = tracing_subscriber::fmt().with_env_filter(filter).with_target(false);
        let result = match format {
            LogFormat::Json => builder
                .json()
                .flatten_event(true)
                .with_timer(UtcTime::rfc_3339())
                .with_writer(writer)
                .try_init(),
            LogFormat::Text => builder
                .with_ansi(io::stderr().is_terminal())
                .with_timer(UtcTime::rfc_3339())
                .with_writer(writer)
                .try_init(),
        };
        result.map_err(|_| TelemetryError::Twice)?;
        Ok(Self { guard, dropped })
    }

    /// How many lines were dropped because the writer could not keep up.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped.dropped_lines()
    }

    /// Writes what waits, and says how much was lost.
    pub fn flush(self) {
        let dropped = self.dropped();
        if dropped > 0 {
            tracing::warn!(dropped, "log lines were dropped because standard error was too slow");
        }
        drop(self.guard);
    }
}

fn bounded(to: impl Write + Send + 'static) -> (NonBlocking, WorkerGuard) {
    NonBlockingBuilder::default().lossy(true).buffered_lines_limit(QUEUE_LINES).finish(OneLine(to))
}

/// Passes on one event at a time, with control characters other than the final line break made
/// harmless.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (body, end) = match bytes.split_last() {
            Some((b'\n', body)) => (body, true),
            _ => (bytes, false),
        };
        let mut line = Vec::with_capacity(bytes.len());
        for byte in body {
            // ESC stays: it comes from our own colours, which escape it in values themselves.
            if byte.is_ascii_control() && *byte != 0x1b {
                line.extend(byte.escape_ascii());
            } else {
                line.push(*byte);
            }
        }
        if end {
            line.push(b'\n');
        }
        self.0.write_all(&line)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

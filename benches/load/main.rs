//! Measures the server under load: tokens a second, as a part of the rate of a bare HTTP server in the same run, with
//! few and with very many rules. Also measures memory, start-up, the change of a rule, guessed passwords, and
//! PostgreSQL.
//!
//! Run it with `cargo bench --bench load`. docs/performance.md describes the measurements and the tables.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark may fail by panicking"
)]

mod case;
mod ceiling;
mod change;
mod goals;
mod guesses;
mod options;
mod place;
#[path = "../../tests/support/postgres.rs"]
mod postgres;
mod process;
mod report;
mod run;
mod samples;
mod state;
mod stats;
mod table;
mod wrk;

use options::Options;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// The result of a step of the run.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Measures until the end, an error or a signal. In each case every started process is stopped.
async fn measure(options: Options) -> Outcome {
    let (mut interrupt, mut end) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let report = tokio::select! {
        report = run::run(&options) => report?,
        _ = interrupt.recv() => return Err("interrupted".into()),
        _ = end.recv() => return Err("told to end".into()),
    };
    report.print();
    Ok(())
}

fn main() -> ExitCode {
    let options = Options::read();
    if !options.bench && options.ceiling.is_none() {
        // `cargo test --all-targets` also runs this program. That is not a failure.
        eprintln!("load: nothing is measured: run the benchmark with `cargo bench --bench load`");
        return ExitCode::SUCCESS;
    }
    let done = match options.ceiling {
        Some(port) => ceiling::serve(port).map_err(Into::into),
        None => {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(measure(options)))
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

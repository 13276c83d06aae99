//! The server under load: tokens a second as a part of what a bare HTTP server does in the same run,
//! with few rules and very many, memory, start-up, the change of a rule, guessed passwords, PostgreSQL.
//!
//! `cargo bench --bench load`; docs/performance.md says what is measured and how to read the tables.
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

/// What a step of the run comes to.
type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Runs until the end or a signal; either way everything that was started is stopped.
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
        // A test of all targets comes here; it is not a failure.
        eprintln!("load: nothing is measured: run it with `cargo bench --bench load`");
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

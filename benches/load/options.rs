//! What a run is told on the command line.

use clap::Parser;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// What is driven.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Part {
    /// Anonymous tokens.
    Anonymous,
    /// Users with a password that was verified a moment ago.
    Password,
    /// Robots with access keys.
    AccessKey,
    /// POST refresh_token.
    Refresh,
    /// Access keys while others guess passwords.
    Guesses,
    /// A rule changes among very many.
    Change,
    /// Start-up times and memory.
    Start,
}

/// Measures the server under load and prints tables; see docs/performance.md.
#[derive(Parser, Debug)]
#[command(name = "cargo bench --bench load --")]
pub struct Options {
    /// How often everything is repeated
    #[arg(long, default_value = "3")]
    pub rounds: NonZeroU32,
    /// How long each case is driven, in seconds
    #[arg(long, default_value = "8")]
    pub seconds: NonZeroU32,
    /// Rules of the large state
    #[arg(long, default_value_t = 1_000_000)]
    pub rules: u32,
    /// Users of the large state
    #[arg(long, default_value_t = 100_000)]
    pub users: u32,
    /// Leave PostgreSQL out
    #[arg(long)]
    pub no_postgres: bool,
    /// Drive only this (repeatable)
    #[arg(long, value_name = "CASE")]
    pub only: Vec<Part>,
    /// Try the harness out: 1 round of 3 seconds, 20,000 rules, 2,000 users
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "rules", "users"])]
    pub quick: bool,
    /// Keep the prepared databases here, and use those that are here already
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// What `cargo bench` passes, and `cargo test --all-targets` does not.
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Be the ceiling, on this port.
    #[arg(long, hide = true, value_name = "PORT")]
    pub ceiling: Option<u16>,
}

impl Options {
    /// What was asked for.
    pub fn read() -> Self {
        let mut options = Self::parse();
        if options.quick {
            options.rounds = NonZeroU32::MIN;
            options.seconds = NonZeroU32::MIN.saturating_add(2);
            options.rules = 20_000;
            options.users = 2_000;
        }
        options
    }

    /// Whether this part is to be driven.
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

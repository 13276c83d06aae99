//! The options of a run on the command line.

use clap::Parser;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// The parts of a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Part {
    /// Anonymous tokens.
    Anonymous,
    /// Users with a password that the server has in its cache.
    Password,
    /// Robots with access keys.
    AccessKey,
    /// POST refresh_token.
    Refresh,
    /// Access keys while another client guesses passwords.
    Guesses,
    /// The change of a rule among very many rules.
    Change,
    /// Start-up times and memory.
    Start,
}

/// Measures the server under load and prints tables. See docs/performance.md.
#[derive(Parser, Debug)]
#[command(name = "cargo bench --bench load --")]
pub struct Options {
    /// The number of rounds
    #[arg(long, default_value = "3")]
    pub rounds: NonZeroU32,
    /// The duration of each case, in seconds
    #[arg(long, default_value = "8")]
    pub seconds: NonZeroU32,
    /// The number of rules in the large state
    #[arg(long, default_value_t = 1_000_000)]
    pub rules: u32,
    /// The number of users in the large state
    #[arg(long, default_value_t = 100_000)]
    pub users: u32,
    /// Leave PostgreSQL out
    #[arg(long)]
    pub no_postgres: bool,
    /// Measure only this case (repeatable)
    #[arg(long, value_name = "CASE")]
    pub only: Vec<Part>,
    /// Try the benchmark: 1 round of 3 seconds, 20,000 rules, 2,000 users
    #[arg(long, conflicts_with_all = ["rounds", "seconds", "rules", "users"])]
    pub quick: bool,
    /// Keep the prepared databases in this folder, and reuse existing ones
    #[arg(long, value_name = "FOLDER")]
    pub keep: Option<PathBuf>,
    /// True under `cargo bench`, which passes this flag. `cargo test --all-targets` does not pass it.
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Run as the bare HTTP server on this port.
    #[arg(long, hide = true, value_name = "PORT")]
    pub ceiling: Option<u16>,
}

impl Options {
    /// Reads the options from the command line.
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

    /// Returns true if this part must run.
    pub fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

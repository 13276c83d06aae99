//! What the commands have in common that work on the server's machine: its settings, its database, its log.

use super::error::CliError;
use crate::config::{Config, FlagSettings};
use crate::telemetry::Telemetry;
use clap::Args;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which database.
#[derive(Debug, Args)]
pub(super) struct DatabaseArgs {
    /// Settings file of the server [env: PORTREEVE_CONFIG] [default: portreeve.toml, if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Database: sqlite://FILE or postgres://… [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl From<DatabaseArgs> for FlagSettings {
    fn from(args: DatabaseArgs) -> Self {
        Self { config: args.config, database_url: args.database_url, ..Self::default() }
    }
}

/// For commands that only work on SQLite: says so in the help of [`DatabaseArgs`].
pub(super) fn sqlite_only(argument: clap::Arg) -> clap::Arg {
    argument.help("Database: sqlite://FILE [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]")
}

/// The settings of the server, and warnings about them.
pub(super) fn load(flags: impl Into<FlagSettings>) -> Result<(Config, Vec<String>), CliError> {
    // Variables that are not text cannot be settings.
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Config::load(&flags.into(), &environment, |path| std::fs::read_to_string(path))
        .map_err(CliError::settings)
}

/// Does `work` with a log of the levels in `filter`, and writes all of it out before it returns.
pub(super) fn with_log<T>(
    config: Config,
    filter: &str,
    work: impl FnOnce(Config) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let telemetry = Telemetry::init(config.log_format, filter).map_err(CliError::settings)?;
    let result = work(config);
    telemetry.flush();
    result
}

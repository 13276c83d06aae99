//! The shared parts of commands that work on the server's machine: the settings, the database, the log.

use super::error::CliError;
use crate::config::{Config, ConfigError, FlagSettings};
use crate::domain::exposure::Guard;
use crate::entropy;
use crate::telemetry::Telemetry;
use clap::Args;
use rustix::process::geteuid;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

/// The flags that name the database of a command.
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

/// Changes the help of [`DatabaseArgs`] for a command that works only on SQLite.
pub(super) fn sqlite_only(argument: clap::Arg) -> clap::Arg {
    argument.help("Database: sqlite://FILE [env: PORTREEVE_DATABASE_URL] [default: sqlite://portreeve.db]")
}

/// Returns the settings of the server, and warnings about them. Fails if a setting cannot be used. Also fails if
/// the system gives no random bytes, because most commands with these settings need random bytes.
pub(super) fn load(flags: impl Into<FlagSettings>) -> Result<(Config, Vec<String>), CliError> {
    entropy::check().map_err(CliError::local)?;
    // An environment variable that is not UTF-8 cannot be a setting.
    let environment: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Config::load(&flags.into(), &environment, |path| std::fs::read_to_string(path))
        .map_err(CliError::settings)
}

/// Returns the settings for starting the server. Also fails if the settings file contains a password of a database,
/// and other accounts can read or replace the file.
pub(super) fn load_for_server(flags: impl Into<FlagSettings>) -> Result<(Config, Vec<String>), CliError> {
    let (config, warnings) = load(flags)?;
    if let Some(path) = &config.password_file {
        let guard = Guard { user: Some(geteuid().as_raw()), group_may_read: config.shared_secrets };
        let metadata = std::fs::metadata(path).ok();
        let exposure = metadata.and_then(|file| guard.judge(file.uid(), file.mode(), false));
        if let Some(why) = exposure {
            return Err(CliError::settings(ConfigError::Exposed(why.told(path))));
        }
    }
    Ok((config, warnings))
}

/// Runs `work` with a log of the levels in `filter`, and writes out the whole log before it returns.
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

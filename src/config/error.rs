//! The errors of settings.

use std::path::PathBuf;

/// The error for a setting that cannot be used. Its text names the place of the setting, and the expected
/// value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The value of a setting is not allowed.
    #[error("{place}: {message}")]
    Value {
        /// The place of the value: a flag, an environment variable, or a key with its file and line.
        place: String,
        /// The description of the expected value.
        message: String,
    },
    /// The file is not TOML, has an unknown key, or has a value of the wrong type.
    #[error("{0}")]
    File(String),
    /// Other accounts can read or replace the settings file, which contains a password.
    #[error("{0}; it holds the password of the database")]
    Exposed(String),
    /// The settings file cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// The path of the file.
        path: PathBuf,
        /// The cause of the error.
        reason: String,
    },
}

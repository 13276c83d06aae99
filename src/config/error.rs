//! What is wrong with a setting.

use std::path::PathBuf;

/// A setting that cannot be used. Its text names where it stands and what was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A bad value.
    #[error("{place}: {message}")]
    Value {
        /// Flag, environment variable, or key with file and line.
        place: String,
        /// What was expected.
        message: String,
    },
    /// The file is not TOML, or has an unknown key.
    #[error("{0}")]
    File(String),
    /// Others can read or exchange the file, which holds a password.
    #[error("{0}; it holds the password of the database")]
    Exposed(String),
    /// The file that was named cannot be read.
    #[error("cannot read `{path}`: {reason}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
}

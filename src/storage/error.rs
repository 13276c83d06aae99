//! The errors of the store. Errors of `sqlx` do not leave the store.

use crate::domain::exposure::Exposure;
use crate::domain::shell;
use sqlx::error::{DatabaseError, ErrorKind};
use std::path::PathBuf;
use tokio::time::error::Elapsed;

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer or answers too late, or fails for a reason that no other variant describes.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection was lost or the disk failed during a commit. The database may have committed.
    #[error(
        "the database was lost while it stored the change: look whether it is stored before you repeat it"
    )]
    Undecided(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database does not answer, and the needed data is not in memory.
    #[error("the database is unavailable")]
    CutOff,
    /// The file is damaged or is not a SQLite database, or SQLite cannot open the file.
    #[error("`{path}` is not a database that can be used: name another file, or restore it from a backup")]
    BrokenFile {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk is full.
    #[error("the disk of `{path}` is full: make room on it, then start again")]
    DiskFull {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another server has locked the file.
    #[error(
        "`{path}` is in use by another server, which has locked `{lock}`: stop that server first, or name another file"
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// The file that the other server has locked.
        lock: PathBuf,
    },
    /// Other users can read or replace the file.
    #[error("{}", why.told(path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// The fault in the owner or mode of the file.
        why: Exposure,
    },
    /// PostgreSQL cannot be reached, or refuses the login.
    #[error("PostgreSQL at `{place}`: {why}")]
    Unreachable {
        /// The host and port, or the path of the socket.
        place: String,
        /// The fault, and advice for the operator.
        why: String,
        /// The error of the connection.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The folder of the file is missing.
    #[error(
        "the folder `{}` of the database file does not exist: run `mkdir -p -m 700 {}`, or name another file",
        .0.display(),
        shell::path(.0)
    )]
    NoFolder(PathBuf),
    /// The file cannot be opened, created or copied.
    #[error("cannot open `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The path contains characters that a SQLite URL cannot contain, or is not UTF-8.
    #[error("`{0}` cannot be used as a database path: leave out `?`, `#` and `%`")]
    BadPath(PathBuf),
    /// A newer release wrote this database.
    #[error(
        "the database was written by a newer release (this release does not know step {0} of its schema): start that release"
    )]
    NewerSchema(i64),
    /// An older release wrote this database.
    #[error("the database was written by an older release: start `portreeve serve` of this release first")]
    OlderSchema,
    /// The database was not made by this program.
    #[error("this database has no tables of portreeve: name the database that the server uses")]
    NoSchema,
    /// The release of PostgreSQL is too old.
    #[error("this is PostgreSQL {0}: version 14 or newer is needed")]
    OldDatabase(String),
    /// The database user of the server may not create tables.
    #[error(
        "the user of the database may not create tables in it: permit that, for example with `GRANT CREATE ON SCHEMA public TO NAME`, or make this user the owner of the database"
    )]
    MayNotMigrate,
    /// A migration failed.
    #[error("the database's schema cannot be brought up to date")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row with the same unique value already exists.
    #[error("a row with the same unique value exists already")]
    Conflict,
    /// The database refuses the values of a statement.
    #[error("the database refuses a value")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value is invalid for its type, a necessary row is missing, or the file is damaged.
    #[error("the database contains an invalid value: {0}")]
    Corrupt(String),
    /// A background task panicked, or was stopped before it finished.
    #[error("a background task panicked, or was stopped before it finished")]
    Cut,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(ref inner) if inner.is_unique_violation() => StoreError::Conflict,
            sqlx::Error::Database(ref inner) if is_refusal(inner.as_ref()) => {
                StoreError::Refused(Box::new(error))
            }
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                StoreError::Corrupt(error.to_string())
            }
            other => StoreError::Unavailable(Box::new(other)),
        }
    }
}

/// Returns true if the database refuses the values of a statement. The database would refuse the same values again.
// SPEC: PostgreSQL's class 22 is data exception, and class 23 is integrity constraint violation. The codes of SQLite
// have at most four digits, so they cannot be confused with these classes.
fn is_refusal(error: &dyn DatabaseError) -> bool {
    let is_of_class = |code: &str| code.len() == 5 && (code.starts_with("22") || code.starts_with("23"));
    error.code().is_some_and(|code| is_of_class(&code))
        || error.is_check_violation()
        || error.is_foreign_key_violation()
        || matches!(error.kind(), ErrorKind::NotNullViolation)
}

impl StoreError {
    /// Names the original file in the error instead of its copy.
    pub(super) fn about(self, original: PathBuf) -> Self {
        match self {
            Self::BrokenFile { source, .. } => Self::BrokenFile { path: original, source },
            other => other,
        }
    }
}

impl From<Elapsed> for StoreError {
    fn from(elapsed: Elapsed) -> Self {
        StoreError::Unavailable(Box::new(elapsed))
    }
}

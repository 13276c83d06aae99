//! What can go wrong with the store. Errors of `sqlx` end here.

use crate::domain::shell;
use std::path::PathBuf;
use tokio::time::error::Elapsed;

/// What can go wrong with the store, in its own words.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or not in time.
    #[error("the database is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database was lost while it committed.
    #[error(
        "the database was lost while it stored the change: look whether it is stored before you repeat it"
    )]
    Undecided(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database does not answer, and memory does not hold what is needed.
    #[error("the database is unavailable")]
    CutOff,
    /// The file is not a SQLite database, or damaged.
    #[error("`{path}` is not a database that can be used: name another file, or restore it from a backup")]
    BrokenFile {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another server holds the file.
    #[error(
        "`{path}` is in use by another server, which holds `{lock}`: stop that one first, or name another file"
    )]
    InUse {
        /// The file.
        path: PathBuf,
        /// The file that the other server has locked.
        lock: PathBuf,
    },
    /// Others can read the file.
    #[error("`{path}` is open to others (mode {mode:03o}): run `chmod 600 {}`", shell::path(.path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// PostgreSQL cannot be reached, or does not let us in.
    #[error("PostgreSQL at `{place}`: {why}")]
    Unreachable {
        /// Host and port, or the path of the socket.
        place: String,
        /// Why not, and what to do.
        why: String,
        /// What was said of it.
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
    /// The file cannot be opened or made.
    #[error("cannot open `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The path cannot be written in a URL.
    #[error("`{0}` cannot be used as a database path: leave out `?`, `#` and `%`")]
    BadPath(PathBuf),
    /// A newer release wrote this database.
    #[error(
        "the database was written by a newer release (its schema has step {0}, this release does not know it): start that release"
    )]
    NewerSchema(i64),
    /// An older release wrote this database.
    #[error("the database was written by an older release: start `portreeve serve` of this release first")]
    OlderSchema,
    /// The database holds no portreeve.
    #[error("there is no portreeve in this database: name the one that the server uses")]
    NoSchema,
    /// The database program is too old.
    #[error("this is PostgreSQL {0}: version 14 or newer is needed")]
    OldDatabase(String),
    /// The user of the database may not make tables.
    #[error(
        "the user of the database may not make tables in it: let it, for example with `GRANT CREATE ON SCHEMA public TO NAME`, or make it the owner of the database"
    )]
    MayNotMigrate,
    /// A migration failed.
    #[error("the database's schema cannot be brought up to date")]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Something that must be unique exists already.
    #[error("it exists already")]
    Conflict,
    /// A stored value does not fit its type.
    #[error("the database holds a value that does not fit: {0}")]
    Corrupt(String),
    /// The task of a transaction ended early.
    #[error("a transaction was cut off")]
    Cut,
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(ref inner) if inner.is_unique_violation() => StoreError::Conflict,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) | sqlx::Error::ColumnNotFound(_) => {
                StoreError::Corrupt(error.to_string())
            }
            other => StoreError::Unavailable(Box::new(other)),
        }
    }
}

impl StoreError {
    /// The same of the file that a copy is of.
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

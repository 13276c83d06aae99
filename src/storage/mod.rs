//! What is kept: one relational schema, the same SQL text for SQLite and PostgreSQL.
//!
//! `sqlx` is named in this folder and nowhere else, and its errors do not leave it. A [`Reader`]
//! reads, a [`Transaction`] is one transaction that writes; each noun has a file with its rows and the
//! methods of both. What must not go in: decisions about who may do what.
#![allow(clippy::disallowed_methods)]

mod access_keys;
mod backup;
mod changes;
mod connections;
mod dialect;
mod file;
mod groups;
mod leases;
mod page;
mod reader;
mod refresh_tokens;
mod restore;
mod rule_scan;
mod rules;
mod services;
pub mod statements;
mod subjects;
mod target;
mod trail;
mod transaction;
pub mod transfer;

pub use access_keys::{AccessKeyRow, NewAccessKey};
pub use backup::{BackupError, Saved};
pub use changes::{ChangeFilter, Counter};
pub use groups::GroupRow;
pub use page::Page;
pub use reader::Reader;
pub use refresh_tokens::{NewRefreshToken, RefreshTokenRow};
pub use restore::{RestoreError, Restored};
pub use rule_scan::StoredRules;
pub use rules::RuleRow;
pub use services::ServiceRow;
pub use subjects::{StoredSubject, SubjectRow};
pub use trail::TrailError;
pub use transaction::{Committed, Transaction};
pub use transfer::{Contents, TransferError};

use crate::domain::change::Origin;
use connections::{ANSWER, Connections};
use dialect::Dialect;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, AssertSqlSafe, SqlSafeStr};
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

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
    /// The database does not answer, and what is in memory is not enough.
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
    #[error("`{path}` is in use by another server: stop that one first, or name another file")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// Others can read the file.
    #[error("`{path}` is open to others (mode {mode:03o}): run `chmod 600 {path}`")]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
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
    /// Nobody has set the database up.
    #[error("there is no portreeve in this database: name the one that the server uses")]
    NoSchema,
    /// The database program is too old.
    #[error("this is PostgreSQL {0}: version 14 or newer is needed")]
    OldDatabase(String),
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

impl From<Elapsed> for StoreError {
    fn from(elapsed: Elapsed) -> Self {
        StoreError::Unavailable(Box::new(elapsed))
    }
}

/// The steps of the schema, in order.
fn migrations() -> Vec<Migration> {
    let step = |number, name: &'static str, text: &'static str| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    vec![
        step(1, "initial", include_str!("../../migrations/0001_initial.sql")),
        step(2, "lists", include_str!("../../migrations/0002_lists.sql")),
        step(3, "ends", include_str!("../../migrations/0003_ends.sql")),
        step(4, "verifiers", include_str!("../../migrations/0004_verifiers.sql")),
    ]
}

/// Brings the schema up to date.
async fn migrate(conn: &mut AnyConnection) -> Result<(), StoreError> {
    Migrator::with_migrations(migrations()).run(&mut *conn).await.map_err(|error| match error {
        MigrateError::VersionMissing(step) => StoreError::NewerSchema(step),
        other => StoreError::Migration(Box::new(other)),
    })
}

/// Whether a database of ours has an older schema; a newer one is refused.
async fn has_older_schema(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    let step = sqlx::query_scalar::<_, i64>(statements::SELECT_SCHEMA_STEP).fetch_one(conn).await;
    let step = step.map_err(|error| match error {
        sqlx::Error::Database(_) => StoreError::NoSchema,
        other => other.into(),
    })?;
    let known = migrations().last().map_or(0, |migration| migration.version);
    if step > known { Err(StoreError::NewerSchema(step)) } else { Ok(step < known) }
}

/// A boxed future that borrows from its argument, as transaction bodies are.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    connections: Connections,
    dialect: Arc<Dialect>,
    /// Writers take turns here, in order, so that none waits for its luck inside the database and
    /// readers always find a connection.
    turns: Arc<Semaphore>,
}

impl Store {
    /// Opens the database of a URL (`sqlite://PATH`, created when missing, or `postgres://…`) and
    /// brings its schema up to date.
    ///
    /// # Errors
    /// [`StoreError`], each saying what to do.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let (dialect, connections) = Dialect::open(url).await?;
        let mut conn = connections.pool().acquire().await?;
        dialect.before_migrations(&mut conn).await?;
        migrate(&mut conn).await?;
        conn.close().await?; // It was prepared for migrations only.
        Ok(Self::new(dialect, connections))
    }

    fn new(dialect: Dialect, connections: Connections) -> Self {
        let turns = Arc::new(Semaphore::new(dialect.writers()));
        Self { connections, dialect: Arc::new(dialect), turns }
    }

    /// Looks for damage, which takes seconds where there is much.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for the first damage that is found.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut connection = self.connections.take().await?;
        // Cut off in the middle, it is closed.
        connection.set_unfinished(true);
        let sound = self.dialect.check(connection.raw()?).await;
        connection.set_unfinished(false);
        sound
    }

    /// Joins a database that may be in use by a server: it must be there, with the schema of this
    /// release, and is left as it is.
    ///
    /// # Errors
    /// [`StoreError`], each saying what to do.
    pub async fn join(url: &str) -> Result<Self, StoreError> {
        let (store, is_older) = Self::join_to_read(url).await?;
        if is_older { Err(StoreError::OlderSchema) } else { Ok(store) }
    }

    /// The same where the schema may be older, and whether it is; nothing may be written then.
    ///
    /// # Errors
    /// [`StoreError`], each saying what to do.
    pub async fn join_to_read(url: &str) -> Result<(Self, bool), StoreError> {
        let (dialect, connections) = Dialect::join(url).await?;
        let is_older = has_older_schema(&mut *connections.pool().acquire().await?).await?;
        Ok((Self::new(dialect, connections), is_older))
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none in time.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connections.take().await?))
    }

    /// A connection to follow the change feed with, however many requests there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when there is none in time.
    pub async fn read_feed(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connections.take_for_feed().await?))
    }

    /// Runs an administrative write: one transaction that first takes the change counter, then
    /// runs `body`, then records the changes that `body` noted. A body that notes none leaves no
    /// trace.
    ///
    /// # Errors
    /// What `body` returns, or [`StoreError`]; nothing is written then, unless it is
    /// [`StoreError::Undecided`].
    pub async fn change<T, E, F>(&self, origin: Origin, body: F) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        self.run(Some(origin), body, |tx, value| Box::pin(tx.finish(value))).await
    }

    /// Runs an administrative write to see what it would do, and takes everything back.
    ///
    /// # Errors
    /// What `body` returns, or [`StoreError`].
    pub async fn rehearse<T, E, F>(&self, origin: Origin, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        let end = |tx: Transaction, value| -> BoxFuture<'static, Result<T, StoreError>> {
            Box::pin(async move {
                tx.take_back().await;
                Ok(value)
            })
        };
        self.run(Some(origin), body, end).await
    }

    /// Runs a write that is no administrative change (credentials' own bookkeeping).
    ///
    /// # Errors
    /// [`StoreError`]; nothing is written then, unless it is [`StoreError::Undecided`].
    pub async fn write<T, F>(&self, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        Ok(self.run(None, body, |tx, value| Box::pin(tx.finish(value))).await?.value)
    }

    /// Runs a transaction to its end in a task of its own, so that a client that hangs up cannot cut it.
    async fn run<T, D, E, F>(
        &self,
        origin: Option<Origin>,
        body: F,
        end: impl FnOnce(Transaction, T) -> BoxFuture<'static, Result<D, StoreError>> + Send + 'static,
    ) -> Result<D, E>
    where
        T: Send + 'static,
        D: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let (_turn, mut tx) = store.begin(origin).await?;
            match body(&mut tx).await {
                Ok(value) => Ok(end(tx, value).await?),
                Err(error) => {
                    tx.take_back().await;
                    Err(error)
                }
            }
        });
        task.await.unwrap_or_else(|_| Err(StoreError::Cut.into()))
    }

    /// Begins a transaction when it is its turn, but does not wait as long as a very long write may take.
    async fn begin(&self, origin: Option<Origin>) -> Result<(OwnedSemaphorePermit, Transaction), StoreError> {
        let begun = async {
            let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Cut)?;
            let mut tx = match Transaction::begin(&self.connections).await {
                // The next connection is a new one.
                Err(StoreError::Unavailable(_)) => Transaction::begin(&self.connections).await?,
                begun => begun?,
            };
            tx.set_pauses(self.dialect.pauses());
            if let Some(origin) = origin {
                tx.lock_counter(origin).await?;
            }
            Ok((turn, tx))
        };
        timeout(ANSWER, begun).await?
    }

    /// How many statements were sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.connections.statements()
    }

    /// How many connections wait for work, how many are at work, and how many there may be.
    #[must_use]
    pub fn connections(&self) -> (usize, usize, usize) {
        let pool = self.connections.pool();
        let idle = pool.num_idle();
        let open = usize::try_from(pool.size()).unwrap_or(usize::MAX);
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
        (idle, open.saturating_sub(idle), most)
    }

    /// Closes every connection, after bringing pending writes into the main file.
    pub async fn close(&self) {
        let pool = self.connections.pool();
        self.dialect.before_close(pool).await;
        pool.close().await;
        self.dialect.after_close();
    }

    /// Prepares every statement, so that a test can prove that the database accepts it.
    ///
    /// # Errors
    /// The name of the first statement that is refused, and why.
    pub async fn prepare_all(&self) -> Result<usize, String> {
        use sqlx::Executor;
        let mut conn = self.connections.pool().acquire().await.map_err(|error| error.to_string())?;
        for (name, text) in statements::ALL {
            conn.prepare(text.into_sql_str()).await.map_err(|error| format!("{name}: {error}"))?;
        }
        for text in transfer::statements() {
            let sql = AssertSqlSafe(text.as_str()).into_sql_str();
            conn.prepare(sql).await.map_err(|error| format!("{text}: {error}"))?;
        }
        Ok(statements::ALL.len())
    }
}

//! What differs between SQLite and PostgreSQL. Only this file asks which database it is.

use super::connections::{ConnectOptions, Connections};
use super::error::StoreError;
use super::file::{
    beside, cannot_open, check_private, copy_aside, is_locked, prepare_sqlite, sqlite_path, sqlite_url,
};
use super::unreachable;
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::PathBuf;
use tempfile::TempDir;

/// Which database, and what it needs.
#[derive(Debug)]
pub(super) enum Dialect {
    /// One file, held by one server through a lock on `FILE.lock`.
    Sqlite {
        /// The lock, held as long as the store lives. `None` when a server may hold it.
        lock: Option<File>,
        /// The folder of a copy that is opened in place of the file.
        _aside: Option<TempDir>,
    },
    Postgres,
}

/// A larger file is checked for damage after the start, while the server is running. Bytes.
const CHECKED_FIRST: i64 = 64 * 1024 * 1024;

/// SQLite's settings for every connection. FULL, because NORMAL may lose acknowledged commits
/// when the power fails.
const SQLITE_SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 1500; PRAGMA trusted_schema = OFF";
/// The settings for a file that is only inspected.
const SQLITE_LOOK: &str = "PRAGMA busy_timeout = 1500; PRAGMA trusted_schema = OFF";
/// PostgreSQL's settings. It gives up a statement about when its client stops waiting. It frees the locks
/// of a replica that is lost in the middle of a transaction, because every write waits for them.
macro_rules! postgres_setup {
    () => {
        "SET statement_timeout = '3s'; SET lock_timeout = '1500ms'; \
         SET idle_in_transaction_session_timeout = '4s'; SET synchronous_commit = on"
    };
}
const POSTGRES_SETUP: &str = postgres_setup!();
/// The settings for a server. On a standby the last statement fails, so that a server refuses it.
const POSTGRES_PRIMARY: &str = concat!(postgres_setup!(), "; SELECT CAST(pg_current_wal_lsn() AS TEXT)");
/// For a transaction that computes between its statements.
const POSTGRES_PAUSES: &str = "SET LOCAL idle_in_transaction_session_timeout = '20s'";
/// Replicas that start together wait for the one that migrates, without a limit.
const POSTGRES_MIGRATION: &str = "SET statement_timeout = 0; SET lock_timeout = 0";
/// Whether the user may make tables where they would be made.
const POSTGRES_MAY_CREATE: &str = "SELECT CAST(has_schema_privilege(current_schema(), 'CREATE') AS TEXT)";
/// The oldest PostgreSQL, as `server_version_num` says it: 14.0.
const OLDEST_POSTGRES: i32 = 140_000;
/// PostgreSQL has no bytewise collation called BINARY; SQLite has.
const POSTGRES_COLLATION: &str = "CREATE COLLATION IF NOT EXISTS \"BINARY\" (locale = 'C')";

impl Dialect {
    /// Opens a pool for a server. On SQLite it creates the file and takes its lock first.
    pub(super) async fn open(url: &str) -> Result<(Self, Connections), StoreError> {
        sqlx::any::install_default_drivers();
        match sqlite_path(url) {
            Some(path) => {
                let lock = prepare_sqlite(&path)?;
                let dialect = Dialect::Sqlite { lock: Some(lock), _aside: None };
                Ok((dialect, open_file(path, "rwc", sqlite(8)).await?))
            }
            None => Ok((Dialect::Postgres, open_postgres(url, postgres(16, POSTGRES_PRIMARY)).await?)),
        }
    }

    /// Opens a pool on an existing database that a server may be using.
    pub(super) async fn join(url: &str) -> Result<(Self, Connections), StoreError> {
        sqlx::any::install_default_drivers();
        let Some(path) = sqlite_path(url) else {
            return Ok((Dialect::Postgres, open_postgres(url, postgres(4, POSTGRES_SETUP)).await?));
        };
        let file = OpenOptions::new().read(true).write(true).open(&path);
        check_private(&path, &file.map_err(|source| cannot_open(&path, source))?)?;
        let dialect = Dialect::Sqlite { lock: None, _aside: None };
        Ok((dialect, open_file(path, "rw", sqlite(4)).await?))
    }

    /// Opens a pool to inspect a database without changing it. `None` when the file does not exist.
    pub(super) async fn look_at(url: &str) -> Result<Option<(Self, Connections)>, StoreError> {
        sqlx::any::install_default_drivers();
        let Some(path) = sqlite_path(url) else {
            return Ok(Some((Dialect::Postgres, open_postgres(url, postgres(1, POSTGRES_SETUP)).await?)));
        };
        match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(cannot_open(&path, source)),
            Ok(_) => {}
        }
        let options = ConnectOptions { most: 1, setup: SQLITE_LOOK, remote: false };
        let has_log = ["-wal", "-journal"].iter().any(|ending| beside(&path, ending).exists());
        if has_log && !is_locked(&path) {
            let (folder, copy) =
                copy_aside(&path).map_err(|source| StoreError::File { path: path.clone(), source })?;
            let connections = open_file(copy, "rw", options).await.map_err(|error| error.about(path))?;
            return Ok(Some((Dialect::Sqlite { lock: None, _aside: Some(folder) }, connections)));
        }
        // The server that uses the file keeps its log. Without a log nobody has it open, and SQLite need not
        // create one to read.
        let mode = if has_log { "ro" } else { "ro&immutable=true" };
        Ok(Some((Dialect::Sqlite { lock: None, _aside: None }, open_file(path, mode, options).await?)))
    }

    /// The statement that lists all tables and views, also those of other programs.
    pub(super) fn tables(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => {
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"
            }
            // `information_schema` lists only tables that the user may use.
            Dialect::Postgres => {
                "SELECT CAST(c.relname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            }
        }
    }

    /// The statement that tells how large the database is, bytes.
    pub(super) fn size(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => {
                "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()"
            }
            Dialect::Postgres => "SELECT pg_database_size(current_database()) AS bytes",
        }
    }

    /// How many transactions may write at once: SQLite has one writer.
    pub(super) fn writers(&self) -> usize {
        match self {
            Dialect::Sqlite { .. } => 1,
            Dialect::Postgres => 8,
        }
    }

    /// Its name, for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "sqlite",
            Dialect::Postgres => "postgresql",
        }
    }

    /// Begins a transaction that reads one state, whatever is written meanwhile.
    pub(super) fn begin_one_state(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// The statement that lets a transaction pause between its statements; empty when none is needed.
    pub(super) fn pauses(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "",
            Dialect::Postgres => POSTGRES_PAUSES,
        }
    }

    /// The statements for a transaction that may take long and may wait for others.
    pub(super) fn for_long_work(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "PRAGMA busy_timeout = 30000",
            Dialect::Postgres => {
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL lock_timeout = '30s'"
            }
        }
    }

    /// Looks for damage. That takes seconds in a large file.
    pub(super) async fn check(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        if matches!(self, Dialect::Postgres) {
            return Ok(());
        }
        let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(conn).await?;
        if found == "ok" {
            Ok(())
        } else {
            Err(StoreError::Corrupt(format!("SQLite's quick check says: {found}")))
        }
    }

    /// Whether a server can use the database: a primary of a known release, or a sound file.
    pub(super) async fn check_fit(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        match self {
            Dialect::Sqlite { .. } => {
                let size: i64 = sqlx::query_scalar(self.size()).fetch_one(&mut *conn).await?;
                if size > CHECKED_FIRST { Ok(()) } else { self.check(conn).await }
            }
            Dialect::Postgres => {
                let version: String =
                    sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut *conn).await?;
                if version.parse::<i32>().is_ok_and(|version| version < OLDEST_POSTGRES) {
                    return Err(StoreError::OldDatabase(version));
                }
                conn.execute(POSTGRES_PRIMARY).await?;
                Ok(())
            }
        }
    }

    /// Whether the steps of the schema may be taken: PostgreSQL lets only some users make tables.
    pub(super) async fn check_may_migrate(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        if let Dialect::Postgres = self {
            let may: Option<String> = sqlx::query_scalar(POSTGRES_MAY_CREATE).fetch_one(conn).await?;
            if may.as_deref() != Some("true") {
                return Err(StoreError::MayNotMigrate);
            }
        }
        Ok(())
    }

    /// Runs before the migrations.
    pub(super) async fn before_migrations(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        self.check_fit(&mut *conn).await?;
        match self {
            Dialect::Sqlite { .. } => Ok(()),
            Dialect::Postgres => {
                conn.execute(POSTGRES_MIGRATION).await?;
                // When two replicas create the collation at once, one of them is told that it exists.
                let created = conn.execute(POSTGRES_COLLATION).await;
                match created {
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
                    Err(error) => Err(error.into()),
                    Ok(_) => Ok(()),
                }
            }
        }
    }

    /// Moves the last writes into the main file at a clean stop. Only the server that holds the lock does.
    pub(super) async fn before_close(&self, pool: &AnyPool) {
        if let Dialect::Sqlite { lock: Some(_), .. } = self {
            // A failure loses nothing, because the next start replays the log.
            let _ = pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
    }

    /// Releases the file for another server, even if copies of this store still exist.
    pub(super) fn after_close(&self) {
        if let Dialect::Sqlite { lock: Some(lock), .. } = self {
            // After a failure the lock ends when the file is closed, a moment later.
            let _ = rustix::fs::flock(lock, rustix::fs::FlockOperation::Unlock);
        }
    }
}

/// Opens a pool on a file. The error says what is wrong with the file.
async fn open_file(path: PathBuf, mode: &str, options: ConnectOptions) -> Result<Connections, StoreError> {
    let url = sqlite_url(&path, mode)?;
    let opened = async {
        // One connection first: a pool retries until its timeout and cannot say why it failed.
        let mut conn = AnyConnection::connect(&url).await?;
        conn.execute(options.setup).await?;
        conn.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
        let connections = Connections::open(&url, options).await?;
        conn.close().await?;
        Ok(connections)
    };
    opened.await.map_err(|error| match error {
        StoreError::Unavailable(source) => StoreError::BrokenFile { path, source },
        other => other,
    })
}

/// Opens a pool on PostgreSQL. The error says where it was looked for, and what is wrong.
async fn open_postgres(url: &str, options: ConnectOptions) -> Result<Connections, StoreError> {
    match Connections::open(url, options).await {
        Err(StoreError::Unavailable(source)) => Err(unreachable::explain(url, source).await),
        opened => opened,
    }
}

fn sqlite(most: u32) -> ConnectOptions {
    ConnectOptions { most, setup: SQLITE_SETUP, remote: false }
}

fn postgres(most: u32, setup: &'static str) -> ConnectOptions {
    ConnectOptions { most, setup, remote: true }
}

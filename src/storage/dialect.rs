//! The differences between SQLite and PostgreSQL. Only this file may ask which database an open store uses. Other files
//! may ask only whether a URL names a SQLite file.

use super::connections::{ConnectOptions, Connections};
use super::error::StoreError;
use super::file::{
    Locks, beside, cannot_open, check_private, copy_aside, is_disk_full, is_locked, prepare_sqlite,
    sqlite_path, sqlite_url,
};
use super::unreachable;
use crate::domain::exposure::Guard;
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::PathBuf;
use tempfile::TempDir;

/// The kind of database, and the resources that it needs.
#[derive(Debug)]
pub(super) enum Dialect {
    /// One file, which one server uses.
    Sqlite {
        /// The locks on the file, kept as long as the store exists. `None` if no server opened the store.
        lock: Option<Locks>,
        /// The folder with a copy of the file, if the copy is open instead of the file.
        _aside: Option<TempDir>,
    },
    Postgres,
}

/// The greatest size of a file that is checked for damage before the start, in bytes. A larger file is checked while
/// the server is running.
const CHECKED_FIRST: i64 = 64 * 1024 * 1024;

/// The settings of every connection to the SQLite file of a server. `synchronous` is FULL, because NORMAL may lose
/// acknowledged commits when the power fails.
macro_rules! sqlite_setup {
    () => {
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA busy_timeout = 1500; PRAGMA trusted_schema = OFF"
    };
}
const SQLITE_SETUP: &str = sqlite_setup!();
/// The settings for the file of events. A commit that moves the log into the file waits for the disk three more times.
/// Because events cause many commits, the log is moved only after 4,000 pages (16 MiB).
const SQLITE_EVENTS_SETUP: &str = concat!(sqlite_setup!(), "; PRAGMA wal_autocheckpoint = 4000");
/// The settings for a SQLite file that is only inspected.
const SQLITE_LOOK: &str = "PRAGMA busy_timeout = 1500; PRAGMA trusted_schema = OFF";
/// The settings of every PostgreSQL connection. PostgreSQL cancels a statement soon after the server has stopped
/// waiting for the statement. PostgreSQL ends the transaction of a lost replica after four seconds, because other
/// writes wait for the locks of that transaction.
macro_rules! postgres_setup {
    () => {
        "SET statement_timeout = '3s'; SET lock_timeout = '1500ms'; \
         SET idle_in_transaction_session_timeout = '4s'; SET synchronous_commit = on"
    };
}
const POSTGRES_SETUP: &str = postgres_setup!();
/// The settings for the connections of a server. On a standby the last statement fails, so a server refuses to start on
/// a standby.
const POSTGRES_PRIMARY: &str = concat!(postgres_setup!(), "; SELECT CAST(pg_current_wal_lsn() AS TEXT)");
/// The setting for a transaction that computes between its statements.
const POSTGRES_PAUSES: &str = "SET LOCAL idle_in_transaction_session_timeout = '20s'";
/// The settings for migrations. Replicas that start together wait without a limit for the replica that migrates.
const POSTGRES_MIGRATION: &str = "SET statement_timeout = 0; SET lock_timeout = 0";
/// The query that returns true if the user may create tables in the schema.
const POSTGRES_MAY_CREATE: &str = "SELECT CAST(has_schema_privilege(current_schema(), 'CREATE') AS TEXT)";
/// The oldest supported PostgreSQL, as `server_version_num`: 14.0.
const OLDEST_POSTGRES: i32 = 140_000;
/// The statement that creates the bytewise collation BINARY, which PostgreSQL lacks and SQLite has.
const POSTGRES_COLLATION: &str = "CREATE COLLATION IF NOT EXISTS \"BINARY\" (locale = 'C')";

impl Dialect {
    /// Opens a pool for a server. On SQLite, first takes the lock of the file and creates a missing file.
    pub(super) async fn open(url: &str) -> Result<(Self, Connections), StoreError> {
        Self::open_with(url, sqlite(8), postgres(16, POSTGRES_PRIMARY)).await
    }

    /// Opens a pool for the events of a server. The pool has fewer connections, because fewer requests need one.
    pub(super) async fn open_events(url: &str) -> Result<(Self, Connections), StoreError> {
        let of_file = ConnectOptions { setup: SQLITE_EVENTS_SETUP, ..sqlite(4) };
        Self::open_with(url, of_file, postgres(6, POSTGRES_PRIMARY)).await
    }

    async fn open_with(
        url: &str,
        of_file: ConnectOptions,
        of_server: ConnectOptions,
    ) -> Result<(Self, Connections), StoreError> {
        sqlx::any::install_default_drivers();
        match sqlite_path(url) {
            Some(path) => {
                let lock = prepare_sqlite(&path)?;
                let dialect = Dialect::Sqlite { lock: Some(lock), _aside: None };
                Ok((dialect, open_file(path, "rwc", of_file).await?))
            }
            None => Ok((Dialect::Postgres, open_postgres(url, of_server).await?)),
        }
    }

    /// Opens a pool on an existing database that a server may be using.
    pub(super) async fn join(url: &str) -> Result<(Self, Connections), StoreError> {
        sqlx::any::install_default_drivers();
        let Some(path) = sqlite_path(url) else {
            return Ok((Dialect::Postgres, open_postgres(url, postgres(4, POSTGRES_SETUP)).await?));
        };
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|source| cannot_open(&path, source))?;
        check_private(&path, &file, Guard::default())?;
        drop(file);
        let dialect = Dialect::Sqlite { lock: None, _aside: None };
        Ok((dialect, open_file(path, "rw", sqlite(4)).await?))
    }

    /// Opens a pool to inspect a database without changing it. Returns `None` if the file does not exist.
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
        // A server that uses the file has a log beside it. Without a log no process has the file open. In that case
        // `immutable` keeps SQLite from creating a log in order to read.
        let mode = if has_log { "ro" } else { "ro&immutable=true" };
        Ok(Some((Dialect::Sqlite { lock: None, _aside: None }, open_file(path, mode, options).await?)))
    }

    /// Returns the statement that lists all tables and views, also those of other programs.
    pub(super) fn tables(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => {
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"
            }
            // `information_schema` is not used, because it lists only the tables that the user may use.
            Dialect::Postgres => {
                "SELECT CAST(c.relname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            }
        }
    }

    /// Returns the statement that reads the size of the database, in bytes.
    pub(super) fn size(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => {
                "SELECT page_count * page_size AS bytes FROM pragma_page_count(), pragma_page_size()"
            }
            Dialect::Postgres => "SELECT pg_database_size(current_database()) AS bytes",
        }
    }

    /// Returns the statement that reads the size of the tables and indexes of events, in bytes. On SQLite the events
    /// have their own file.
    pub(super) fn size_of_events(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => self.size(),
            Dialect::Postgres => {
                "SELECT CAST(COALESCE(SUM(pg_total_relation_size(c.oid)), 0) AS BIGINT) AS bytes \
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname IN \
                 ('event_counter', 'event_marks', 'event_sources', 'repositories', 'tags', 'manifests', \
                  'manifest_parents', 'daily_usage', 'daily_grants', 'digest_pulls', 'recent_events', 'crawl', \
                  'crawl_missing')"
            }
        }
    }

    /// Returns the number of transactions that may write at once. SQLite permits one.
    pub(super) fn writers(&self) -> usize {
        match self {
            Dialect::Sqlite { .. } => 1,
            Dialect::Postgres => 8,
        }
    }

    /// Returns the name of the kind of database, for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "sqlite",
            Dialect::Postgres => "postgresql",
        }
    }

    /// Joins several writing statements to one text, so that the database answers only once. The placeholders must be
    /// numbered through all statements. No two statements may write to the same table.
    pub(super) fn joined(&self, statements: &[String]) -> String {
        match (self, statements) {
            (Dialect::Sqlite { .. }, all) => all.join("; "),
            // PostgreSQL accepts values for a single statement only. Its `WITH` clause contains the other statements.
            (Dialect::Postgres, [first @ .., last]) => {
                let within = first.iter().zip(1..).map(|(text, place)| format!("w{place} AS ({text})"));
                let within: Vec<String> = within.collect();
                if within.is_empty() { last.clone() } else { format!("WITH {} {last}", within.join(", ")) }
            }
            (Dialect::Postgres, []) => String::new(),
        }
    }

    /// Returns the statement that begins a transaction which reads one state while other transactions write.
    pub(super) fn begin_one_state(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "BEGIN",
            Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Returns the statement that lets a transaction pause between its statements. The text is empty if the database
    /// needs no such statement.
    pub(super) fn pauses(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "",
            Dialect::Postgres => POSTGRES_PAUSES,
        }
    }

    /// Returns the statements that set up a connection for a long transaction. Such a transaction may wait longer for
    /// the locks of other transactions.
    pub(super) fn for_long_work(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "PRAGMA busy_timeout = 30000",
            Dialect::Postgres => {
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL lock_timeout = '30s'"
            }
        }
    }

    /// Searches a SQLite file for damage, which takes seconds in a large file. Does nothing on PostgreSQL.
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

    /// Checks that a server can use the database: a PostgreSQL primary of a supported release, or a SQLite file without
    /// damage. A file that is larger than [`CHECKED_FIRST`] is not searched for damage here.
    pub(super) async fn check_fit(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        match self {
            Dialect::Sqlite { .. } => {
                let size: i64 = sqlx::query_scalar(self.size()).fetch_one(&mut *conn).await?;
                if size > CHECKED_FIRST { Ok(()) } else { self.check(conn).await }
            }
            Dialect::Postgres => {
                let version: String =
                    sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut *conn).await?;
                if let Some(old) = version.parse().ok().filter(|version: &i32| *version < OLDEST_POSTGRES) {
                    return Err(StoreError::OldDatabase((old / 10_000).to_string()));
                }
                conn.execute(POSTGRES_PRIMARY).await?;
                Ok(())
            }
        }
    }

    /// Checks that the user may migrate the schema: PostgreSQL lets only some users create tables.
    pub(super) async fn check_may_migrate(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        if let Dialect::Postgres = self {
            let may: Option<String> = sqlx::query_scalar(POSTGRES_MAY_CREATE).fetch_one(conn).await?;
            if may.as_deref() != Some("true") {
                return Err(StoreError::MayNotMigrate);
            }
        }
        Ok(())
    }

    /// Checks that a server can use the database, and prepares the database for the migrations.
    pub(super) async fn before_migrations(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        self.check_fit(&mut *conn).await?;
        match self {
            Dialect::Sqlite { .. } => Ok(()),
            Dialect::Postgres => {
                conn.execute(POSTGRES_MIGRATION).await?;
                // If two replicas create the collation at once, one of them gets the error that the collation already
                // exists.
                let created = conn.execute(POSTGRES_COLLATION).await;
                match created {
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
                    Err(error) => Err(error.into()),
                    Ok(_) => Ok(()),
                }
            }
        }
    }

    /// Moves the last writes into the SQLite file before a clean stop, if this store has the lock of the file.
    pub(super) async fn before_close(&self, pool: &AnyPool) {
        if let Dialect::Sqlite { lock: Some(_), .. } = self {
            // A failure here loses nothing, because the next start replays the log.
            let _ = pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
    }

    /// Releases the lock of the SQLite file, even if clones of this store still exist.
    pub(super) fn after_close(&self) {
        if let Dialect::Sqlite { lock: Some(lock), .. } = self {
            lock.release();
        }
    }
}

/// Opens a pool on a file. The error describes the fault of the file.
async fn open_file(path: PathBuf, mode: &str, options: ConnectOptions) -> Result<Connections, StoreError> {
    let url = sqlite_url(&path, mode)?;
    let opened = async {
        // A single connection comes first, because a pool retries until its timeout and cannot say why it failed.
        let mut conn = AnyConnection::connect(&url).await?;
        conn.execute(options.setup).await?;
        conn.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
        let connections = Connections::open(&url, options).await?;
        conn.close().await?;
        Ok(connections)
    };
    opened.await.map_err(|error| match error {
        StoreError::Unavailable(source) if is_disk_full(&path) => StoreError::DiskFull { path, source },
        StoreError::Unavailable(source) => StoreError::BrokenFile { path, source },
        other => other,
    })
}

/// Opens a pool on PostgreSQL. The error names the address of the database, and the fault.
async fn open_postgres(url: &str, options: ConnectOptions) -> Result<Connections, StoreError> {
    match Connections::open(url, options).await {
        Err(StoreError::Unavailable(source)) => Err(unreachable::explain(url, source).await),
        opened => opened,
    }
}

/// Improves the error of a start: reports a full disk as the cause if the disk is full.
pub(super) fn of_start(url: &str, error: StoreError) -> StoreError {
    match (error, sqlite_path(url)) {
        (StoreError::Unavailable(source) | StoreError::Migration(source), Some(path))
            if is_disk_full(&path) =>
        {
            StoreError::DiskFull { path, source }
        }
        (error, _) => error,
    }
}

fn sqlite(most: u32) -> ConnectOptions {
    ConnectOptions { most, setup: SQLITE_SETUP, remote: false }
}

fn postgres(most: u32, setup: &'static str) -> ConnectOptions {
    ConnectOptions { most, setup, remote: true }
}

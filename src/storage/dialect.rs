//! What differs between SQLite and PostgreSQL. The only file that asks which one it is.

use super::connections::{ConnectOptions, Connections};
use super::error::StoreError;
use super::file::{beside, check_private, prepare_sqlite, sqlite_path, sqlite_url};
use sqlx::{AnyConnection, AnyPool, Connection as _, Executor};
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::PathBuf;

/// Which database, and what it needs.
#[derive(Debug)]
pub(super) enum Dialect {
    /// One file, held by one server through a lock on `FILE.lock`.
    Sqlite {
        /// Keeps the lock for as long as the store lives; none where a server may hold it.
        lock: Option<File>,
    },
    Postgres,
}

/// A larger file is looked at for damage while the server is running already, bytes.
const CHECKED_FIRST: i64 = 64 * 1024 * 1024;

/// SQLite's settings for every connection. FULL, because NORMAL may lose acknowledged commits
/// when the power fails.
const SQLITE_SETUP: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 1500; PRAGMA trusted_schema = OFF";
/// The settings for a file that is looked at only.
const SQLITE_LOOK: &str = "PRAGMA busy_timeout = 1500; PRAGMA trusted_schema = OFF";
/// PostgreSQL's settings: it gives up by itself about when nobody waits any more, and lets go what a
/// replica holds that is lost in the middle of a transaction, which every write waits for.
macro_rules! postgres_setup {
    () => {
        "SET statement_timeout = '3s'; SET lock_timeout = '1500ms'; \
         SET idle_in_transaction_session_timeout = '4s'; SET synchronous_commit = on"
    };
}
const POSTGRES_SETUP: &str = postgres_setup!();
/// The same for a server, which is not satisfied with a standby: there this fails.
const POSTGRES_PRIMARY: &str = concat!(postgres_setup!(), "; SELECT CAST(pg_current_wal_lsn() AS TEXT)");
/// For a transaction that computes between its statements.
const POSTGRES_PAUSES: &str = "SET LOCAL idle_in_transaction_session_timeout = '20s'";
/// Replicas that start at once wait for the one that migrates, however long it takes.
const POSTGRES_MIGRATION: &str = "SET statement_timeout = 0; SET lock_timeout = 0";
/// The oldest PostgreSQL, as `server_version_num` says it: 14.0.
const OLDEST_POSTGRES: i32 = 140_000;
/// PostgreSQL has no bytewise collation called BINARY; SQLite has.
const POSTGRES_COLLATION: &str = "CREATE COLLATION IF NOT EXISTS \"BINARY\" (locale = 'C')";

impl Dialect {
    /// Prepares what the database needs before the first connection and opens a pool.
    pub(super) async fn open(url: &str) -> Result<(Self, Connections), StoreError> {
        sqlx::any::install_default_drivers();
        match sqlite_path(url) {
            Some(path) => {
                let lock = prepare_sqlite(&path)?;
                Ok((Dialect::Sqlite { lock: Some(lock) }, open_file(path, "rwc", sqlite(8)).await?))
            }
            None => Ok((Dialect::Postgres, Connections::open(url, postgres(16, POSTGRES_PRIMARY)).await?)),
        }
    }

    /// Opens a pool on a database that is there already and may be in use by a server.
    pub(super) async fn join(url: &str) -> Result<(Self, Connections), StoreError> {
        sqlx::any::install_default_drivers();
        let Some(path) = sqlite_path(url) else {
            return Ok((Dialect::Postgres, Connections::open(url, postgres(4, POSTGRES_SETUP)).await?));
        };
        let file = OpenOptions::new().read(true).write(true).open(&path);
        check_private(&path, &file.map_err(|source| StoreError::File { path: path.clone(), source })?)?;
        Ok((Dialect::Sqlite { lock: None }, open_file(path, "rw", sqlite(4)).await?))
    }

    /// Opens a pool on whatever database is there, and leaves it as it is; `None` where there is no file.
    pub(super) async fn look_at(url: &str) -> Result<Option<(Self, Connections)>, StoreError> {
        sqlx::any::install_default_drivers();
        let Some(path) = sqlite_path(url) else {
            return Ok(Some((Dialect::Postgres, Connections::open(url, postgres(1, POSTGRES_SETUP)).await?)));
        };
        match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StoreError::File { path, source }),
            Ok(_) => {}
        }
        // Without a log beside it nobody has it open, and SQLite need not make one to read it.
        let has_log = ["-wal", "-journal"].iter().any(|ending| beside(&path, ending).exists());
        let mode = if has_log { "ro" } else { "ro&immutable=true" };
        let options = ConnectOptions { most: 1, setup: SQLITE_LOOK, remote: false };
        Ok(Some((Dialect::Sqlite { lock: None }, open_file(path, mode, options).await?)))
    }

    /// Lists the tables and views, whoever made them.
    pub(super) fn tables(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => {
                "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND substr(name, 1, 7) <> 'sqlite_'"
            }
            // `information_schema` has only those that one may use.
            Dialect::Postgres => {
                "SELECT CAST(c.relname AS TEXT) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"
            }
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

    /// What lets a transaction pause between its statements; empty where that needs nothing.
    pub(super) fn pauses(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "",
            Dialect::Postgres => POSTGRES_PAUSES,
        }
    }

    /// What a transaction needs that may take long, and may wait for others.
    pub(super) fn for_long_work(&self) -> &'static str {
        match self {
            Dialect::Sqlite { .. } => "PRAGMA busy_timeout = 30000",
            Dialect::Postgres => {
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL lock_timeout = '30s'"
            }
        }
    }

    /// Looks for damage, which takes seconds where the file is large.
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

    /// Runs before the migrations.
    pub(super) async fn before_migrations(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        match self {
            Dialect::Sqlite { .. } => {
                let size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
                let size: i64 = sqlx::query_scalar(size).fetch_one(&mut *conn).await?;
                if size > CHECKED_FIRST { Ok(()) } else { self.check(conn).await }
            }
            Dialect::Postgres => {
                let version: String =
                    sqlx::query_scalar("SHOW server_version_num").fetch_one(&mut *conn).await?;
                if version.parse::<i32>().is_ok_and(|version| version < OLDEST_POSTGRES) {
                    return Err(StoreError::OldDatabase(version));
                }
                conn.execute(POSTGRES_MIGRATION).await?;
                // Two replicas that create the collation at once: one of them is told that it exists.
                let created = conn.execute(POSTGRES_COLLATION).await;
                match created {
                    Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(()),
                    Err(error) => Err(error.into()),
                    Ok(_) => Ok(()),
                }
            }
        }
    }

    /// Brings the last writes into the main file at a clean stop. The log of a server's file is the
    /// server's business.
    pub(super) async fn before_close(&self, pool: &AnyPool) {
        if let Dialect::Sqlite { lock: Some(_) } = self {
            // A failure loses nothing: the next start replays the log.
            let _ = pool.execute("PRAGMA wal_checkpoint(TRUNCATE)").await;
        }
    }

    /// Lets another server have the file, whoever still holds a copy of this store.
    pub(super) fn after_close(&self) {
        if let Dialect::Sqlite { lock: Some(lock) } = self {
            // A failure means that the lock goes with the file, a moment later.
            let _ = rustix::fs::flock(lock, rustix::fs::FlockOperation::Unlock);
        }
    }
}

/// Opens a pool on a file, or says what is wrong with the file.
async fn open_file(path: PathBuf, mode: &str, options: ConnectOptions) -> Result<Connections, StoreError> {
    let url = sqlite_url(&path, mode)?;
    let opened = async {
        // By itself first: a pool tries again and again, and cannot say why it does not succeed.
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

fn sqlite(most: u32) -> ConnectOptions {
    ConnectOptions { most, setup: SQLITE_SETUP, remote: false }
}

fn postgres(most: u32, setup: &'static str) -> ConnectOptions {
    ConnectOptions { most, setup, remote: true }
}

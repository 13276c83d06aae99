//! Replaces the database by a backup.
//!
//! INVARIANT: at every moment the name of the database belongs either to the complete old database or to the complete
//! restored database. SQLite never applies a companion file of the old database to the restored database.

use super::file::{self, COMPANIONS, beside, folder_of, lock_sqlite, sqlite_path, sqlite_url};
use super::schema::migrate;
use super::statements::DELETE_ALL_REFRESH_TOKENS;
use super::{Store, StoreError, TrailError, Transaction, alone};
use crate::domain::change::{Change, ChangeRecord, Origin};
use crate::domain::kind::ChangeAction;
use serde_json::json;
use sqlx::{AnyConnection, Connection, Executor};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// SQLite's codes for a file that it cannot read as a database.
const DAMAGED: [i64; 2] = [11, 26];
/// SQLite's codes for a file that another process uses.
const BUSY: [i64; 2] = [5, 6];

/// The reason why a restore failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The database is not a file.
    #[error("only a SQLite database is restored from a file")]
    NoFile,
    /// The backup cannot be used.
    #[error("`{path}` cannot be restored")]
    Backup {
        /// The backup.
        path: PathBuf,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Another process has the old database open.
    #[error("`{0}` is open in another program: end that program first")]
    Busy(PathBuf),
    /// The last writes of the old database cannot be completed.
    #[error("the last writes of the old database `{path}` cannot be completed")]
    Old {
        /// The file.
        path: PathBuf,
        /// The error from SQLite.
        #[source]
        source: StoreError,
    },
    /// Another server has the lock of the database, or the lock cannot be taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The result of a restore.
#[derive(Debug)]
pub struct Restored {
    /// The last change in the backup.
    pub last: Option<ChangeRecord>,
    /// The seq of the change that the restore added.
    pub seq: i64,
    /// The number of refresh tokens that were deleted.
    pub ended: u64,
    /// The file to which the old database was moved; `None` if there was no old database.
    pub kept: Option<PathBuf>,
    /// True if the old database was damaged.
    pub was_damaged: bool,
}

fn at(path: &Path) -> impl Fn(io::Error) -> RestoreError + '_ {
    |source| RestoreError::File { path: path.to_owned(), source }
}

impl Store {
    /// Replaces the database of `url` by the backup `from`. Deletes the browser sessions, the sign-in flows and the
    /// providers' refresh tokens in the restored database, and the refresh tokens of clients unless `keep_sessions` is
    /// set. No process may use the database meanwhile. If an error happens before the two files are exchanged, the old
    /// database keeps its name.
    pub async fn restore(
        url: &str,
        from: &Path,
        keep_sessions: bool,
        origin: Origin,
    ) -> Result<Restored, RestoreError> {
        let path = sqlite_path(url).ok_or(RestoreError::NoFile)?;
        let backup = open_backup(from, &path)?;
        let _lock = lock_sqlite(&path)?;
        // If the path is a symbolic link, the file behind it is replaced. SQLite's companion files are beside that
        // file.
        let path = std::fs::canonicalize(&path).unwrap_or(path);
        let made = beside(&path, ".restoring");
        let day = origin.at.to_string();
        let result = async {
            clear(&made)?;
            copy(backup, from, &made, &path)?;
            let prepared = prepare(&made, keep_sessions, origin).await;
            let (last, seq, ended) =
                prepared.map_err(|source| RestoreError::Backup { path: from.to_owned(), source })?;
            file::sync(&made).map_err(at(&made))?;
            let (kept, was_damaged) = exchange(&made, &path, &day).await?;
            Ok(Restored { last, seq, ended, kept, was_damaged })
        }
        .await;
        // Removes the unfinished file after a failure. After a crash, the next restore removes that file.
        clear(&made)?;
        result
    }
}

/// Removes the file that an unfinished restore left, and the files that SQLite keeps beside it.
fn clear(made: &Path) -> Result<(), RestoreError> {
    file::remove(made).map_err(at(made))?;
    COMPANIONS
        .iter()
        .map(|ending| beside(made, ending))
        .try_for_each(|path| file::remove(&path).map_err(at(&path)))
}

/// Opens a backup. Fails if the backup is not a complete database, or is the database that the restore would replace.
fn open_backup(from: &Path, path: &Path) -> Result<File, RestoreError> {
    let refused = |why: &str| RestoreError::Backup { path: from.to_owned(), source: why.into() };
    let mut backup = File::open(from).map_err(at(from))?;
    let metadata = backup.metadata().map_err(at(from))?;
    if std::fs::metadata(path).is_ok_and(|old| (old.dev(), old.ino()) == (metadata.dev(), metadata.ino())) {
        return Err(refused("it is the database itself"));
    }
    for ending in ["-wal", "-journal"] {
        if std::fs::metadata(beside(from, ending)).is_ok_and(|log| log.len() > 0) {
            return Err(refused(&format!(
                "there is a `{ending}` file beside it, so it is a database in use or a part of a copy: \
                 make a backup with `portreeve backup`"
            )));
        }
    }
    let mut magic = [0; 16];
    let read = backup.read_exact(&mut magic).and_then(|()| backup.rewind());
    if !metadata.is_file() || read.is_err() || magic != *MAGIC {
        return Err(refused("it is not a SQLite database"));
    }
    Ok(backup)
}

/// Copies the backup beside the database. The owner of the old database gets the copy. Without an old database, the
/// owner of the folder gets it.
fn copy(mut backup: File, from: &Path, made: &Path, path: &Path) -> Result<(), RestoreError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(made);
    let mut file = file.map_err(at(made))?;
    io::copy(&mut backup, &mut file).map_err(at(from))?;
    if let Ok(old) = std::fs::metadata(path) {
        let new = file.metadata().map_err(at(made))?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(&file, Some(old.uid()), Some(old.gid())).map_err(at(made))?;
        }
    } else {
        file::give_to_folder(made, &file).map_err(at(made))?;
    }
    Ok(())
}

/// Checks the copy, brings its schema up to date, deletes its browser sessions, its flows, the providers' refresh
/// tokens and, unless `keep_sessions` is set, the clients' refresh tokens, and records the restore in it. Returns the
/// last change of the backup, the seq of the recorded restore, and the number of deleted refresh tokens.
async fn prepare(
    made: &Path,
    keep_sessions: bool,
    origin: Origin,
) -> Result<(Option<ChangeRecord>, i64, u64), Cause> {
    let store = alone::open(made, "rw").await.map_err(cause)?;
    let result = finish(&store, keep_sessions, origin).await;
    store.connections.pool().close().await;
    result.map_err(|error| match error {
        TrailError::Store(error) => cause(error),
        broken => Box::new(broken),
    })
}

async fn finish(
    store: &Store,
    keep_sessions: bool,
    origin: Origin,
) -> Result<(Option<ChangeRecord>, i64, u64), TrailError> {
    let mut conn = store.connections.pool().acquire().await.map_err(StoreError::from)?;
    // After this statement the file has no log beside it. Before, it may have had any journal mode.
    conn.execute("PRAGMA journal_mode = DELETE").await.map_err(StoreError::from)?;
    alone::look_through(store, &mut conn).await?;
    migrate(&mut conn).await?;
    drop(conn);
    let last = store.read().await?.verify_trail().await?;
    let mut tx = store.begin_long(origin.clone()).await?;
    let tokens = if keep_sessions { "kept" } else { "revoked" };
    let ended = if keep_sessions { 0 } else { tx.end_sessions().await? };
    // A flow that was used after the backup must not become usable again.
    tx.delete_flows().await?;
    tx.delete_browser_sessions().await?;
    tx.forget_all_upstream_tokens().await?;
    let change = Change::of_database(ChangeAction::Restore, "restore", json!({"refresh_tokens": tokens}));
    let seq = tx.seal(origin, change).await?;
    Ok((last, seq, ended))
}

/// Returns the cause of a failure in the backup. For [`StoreError::Unavailable`], returns the error below, because the
/// word "unavailable" would not describe a file.
fn cause(error: StoreError) -> Cause {
    match error {
        StoreError::Unavailable(source) => source,
        other => Box::new(other),
    }
}

impl Transaction {
    /// Deletes every refresh token. Returns the number of deleted tokens.
    pub async fn end_sessions(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_ALL_REFRESH_TOKENS)).await
    }
}

/// Renames `made` to `path`, and keeps the old file under another name. Returns this name, and true if the old file was
/// damaged.
async fn exchange(made: &Path, path: &Path, day: &str) -> Result<(Option<PathBuf>, bool), RestoreError> {
    let folder = folder_of(path);
    let is_there = path.try_exists().map_err(at(path))?;
    forget_unfinished(path, folder)?;
    // The connection stays open until the end, so that no process begins to write to the old file.
    let old = if is_there { bring_to_rest(path).await? } else { None };
    let kept = free_name(path, day);
    if is_there {
        std::fs::hard_link(path, &kept).map_err(at(&kept))?;
    }
    let mut logs = Vec::new();
    for ending in COMPANIONS {
        let log = beside(path, ending);
        let Ok(metadata) = std::fs::metadata(&log) else { continue };
        if ending != "-shm" && metadata.len() > 0 {
            // A log remains only beside a damaged or missing database. It contains the last writes.
            let aside = beside(&kept, ending);
            std::fs::hard_link(&log, &aside).map_err(at(&aside))?;
        }
        logs.push(log);
    }
    file::sync(folder).map_err(at(folder))?;
    for log in logs {
        file::remove(&log).map_err(at(&log))?;
    }
    file::sync(folder).map_err(at(folder))?;
    std::fs::rename(made, path).map_err(at(path))?;
    file::sync(folder).map_err(at(folder))?;
    let was_damaged = is_there && old.is_none();
    if let Some(old) = old {
        // The last writes are complete and this connection wrote nothing since. So an error of closing loses nothing.
        let _ = old.close().await;
    }
    Ok((is_there.then_some(kept), was_damaged))
}

/// Chooses an unused name for the old database.
fn free_name(path: &Path, day: &str) -> PathBuf {
    let seconds = day.split('.').next().unwrap_or(day).trim_end_matches('Z');
    let stamp: String = seconds.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let first = beside(path, &format!(".replaced-{stamp}Z"));
    let others = (2..).map(|n| beside(path, &format!(".replaced-{stamp}Z-{n}")));
    let is_free = |name: &PathBuf| std::fs::symlink_metadata(name).is_err();
    std::iter::once(first.clone()).chain(others).find(is_free).unwrap_or(first)
}

/// Removes the second name that an interrupted restore gave to the database.
fn forget_unfinished(path: &Path, folder: &Path) -> Result<(), RestoreError> {
    let Ok(own) = std::fs::metadata(path) else { return Ok(()) };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(()) };
    let prefix = format!("{name}.replaced-");
    for entry in std::fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let is_same = || entry.metadata().is_ok_and(|one| (one.dev(), one.ino()) == (own.dev(), own.ino()));
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix)) && is_same() {
            file::remove(&entry.path()).map_err(at(folder))?;
        }
    }
    Ok(())
}

/// Completes every write into the old file, and locks all other processes out while the connection exists. Returns
/// `None` if the file is damaged.
async fn bring_to_rest(path: &Path) -> Result<Option<AnyConnection>, RestoreError> {
    match alone_with(path).await {
        Ok(Some(conn)) => Ok(Some(conn)),
        Ok(None) => Err(RestoreError::Busy(path.to_owned())),
        Err(StoreError::Unavailable(source)) => {
            let code = source.downcast_ref::<sqlx::Error>().and_then(sqlx::Error::as_database_error);
            let code = code.and_then(|error| error.code()?.parse::<i64>().ok()).map(|code| code & 0xff);
            match code {
                Some(code) if DAMAGED.contains(&code) => Ok(None),
                Some(code) if BUSY.contains(&code) => Err(RestoreError::Busy(path.to_owned())),
                _ => {
                    Err(RestoreError::Old { path: path.to_owned(), source: StoreError::Unavailable(source) })
                }
            }
        }
        Err(source) => Err(RestoreError::Old { path: path.to_owned(), source }),
    }
}

/// Opens the only connection to a file, and removes the log beside it. Fails with one of SQLite's codes in [`BUSY`] if
/// another process has the file open. Returns `None` if another process changed the file back to the WAL mode.
async fn alone_with(path: &Path) -> Result<Option<AnyConnection>, StoreError> {
    let mut conn = AnyConnection::connect(&sqlite_url(path, "rw")?).await?;
    conn.execute("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL").await?;
    // SQLite lets only the sole user of a file leave the WAL mode. Leaving it writes everything in the log into the
    // file.
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut conn).await?;
    conn.execute("BEGIN EXCLUSIVE").await?;
    // Another process may have returned to the WAL mode between the two statements.
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut conn).await?;
    Ok((mode == "delete").then_some(conn))
}

//! Putting a backup in the place of the database.
//!
//! INVARIANT: at every moment there is either the old database or the restored one under its name, each
//! whole; nothing that SQLite keeps beside the old one is ever applied to the restored one.

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

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// SQLite's codes for a file that cannot be read as a database.
const DAMAGED: [i64; 2] = [11, 26];
/// SQLite's codes for a file that somebody else is using.
const BUSY: [i64; 2] = [5, 6];

/// Why nothing was restored.
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
        /// Why not.
        #[source]
        source: Cause,
    },
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Somebody has the old database open.
    #[error("`{0}` is open in another program: end that one first")]
    Busy(PathBuf),
    /// The old database cannot be laid aside.
    #[error("the old database `{path}` cannot be brought to rest")]
    Old {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: StoreError,
    },
    /// The lock cannot be taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// The last change in the backup.
    pub last: Option<ChangeRecord>,
    /// The seq of the change that records the restore.
    pub seq: i64,
    /// How many refresh tokens were deleted.
    pub ended: u64,
    /// Where the database is that was in its place.
    pub kept: Option<PathBuf>,
    /// Whether that one was damaged.
    pub was_damaged: bool,
}

fn at(path: &Path) -> impl Fn(io::Error) -> RestoreError + '_ {
    |source| RestoreError::File { path: path.to_owned(), source }
}

impl Store {
    /// Replaces the database of `url` with the backup `from`, and ends every session in it unless
    /// `keep_sessions` is set. Nobody may be using the database. After an error it is as it was.
    pub async fn restore(
        url: &str,
        from: &Path,
        keep_sessions: bool,
        origin: Origin,
    ) -> Result<Restored, RestoreError> {
        let path = sqlite_path(url).ok_or(RestoreError::NoFile)?;
        let backup = open_backup(from, &path)?;
        let _lock = lock_sqlite(&path)?;
        // A link stays, and what it names is replaced; SQLite's logs are beside that as well.
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
        // What is left of a failure; what is left of a crash is cleared by the next restore.
        clear(&made)?;
        result
    }
}

/// Removes what an earlier restore left unfinished.
fn clear(made: &Path) -> Result<(), RestoreError> {
    file::remove(made).map_err(at(made))?;
    COMPANIONS
        .iter()
        .map(|ending| beside(made, ending))
        .try_for_each(|path| file::remove(&path).map_err(at(&path)))
}

/// Opens a backup that is a database by itself, and not the one it is to replace.
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

/// Copies the backup beside the database, for whoever owns that one, else for whoever owns the folder.
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

/// Looks through the copy, brings its schema up to date and records the restore in it.
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
    // Whatever it was before: no log beside the file.
    conn.execute("PRAGMA journal_mode = DELETE").await.map_err(StoreError::from)?;
    alone::look_through(store, &mut conn).await?;
    migrate(&mut conn).await?;
    drop(conn);
    let last = store.read().await?.verify_trail().await?;
    let mut tx = store.begin_long(origin.clone()).await?;
    let tokens = if keep_sessions { "kept" } else { "revoked" };
    let ended = if keep_sessions { 0 } else { tx.end_sessions().await? };
    // What was taken once since the backup was made must not be there again.
    tx.delete_flows().await?;
    tx.delete_browser_sessions().await?;
    tx.forget_all_upstream_tokens().await?;
    let change = Change::of_database(ChangeAction::Restore, "restore", json!({"refresh_tokens": tokens}));
    let seq = tx.seal(origin, change).await?;
    Ok((last, seq, ended))
}

/// What is wrong with a file at hand: that the database is unavailable says nothing of it.
fn cause(error: StoreError) -> Cause {
    match error {
        StoreError::Unavailable(source) => source,
        other => Box::new(other),
    }
}

impl Transaction {
    /// Deletes every refresh token and returns how many there were.
    pub async fn end_sessions(&mut self) -> Result<u64, StoreError> {
        self.run(sqlx::query(DELETE_ALL_REFRESH_TOKENS)).await
    }
}

/// Puts `made` in the place of `path`, and keeps what was there.
async fn exchange(made: &Path, path: &Path, day: &str) -> Result<(Option<PathBuf>, bool), RestoreError> {
    let folder = folder_of(path);
    let is_there = path.try_exists().map_err(at(path))?;
    forget_unfinished(path, folder)?;
    // Held until the end, so that nobody begins to write to the old one.
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
            // Of a damaged database, or of one that is gone: all that is left of its last writes.
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
        // It is read-only to us since it came to rest; there is nothing that could be lost.
        let _ = old.close().await;
    }
    Ok((is_there.then_some(kept), was_damaged))
}

/// A name for the old database that nothing has.
fn free_name(path: &Path, day: &str) -> PathBuf {
    let seconds = day.split('.').next().unwrap_or(day).trim_end_matches('Z');
    let stamp: String = seconds.chars().filter(|c| !matches!(c, '-' | ':')).collect();
    let first = beside(path, &format!(".replaced-{stamp}Z"));
    let others = (2..).map(|n| beside(path, &format!(".replaced-{stamp}Z-{n}")));
    let is_free = |name: &PathBuf| std::fs::symlink_metadata(name).is_err();
    std::iter::once(first.clone()).chain(others).find(is_free).unwrap_or(first)
}

/// Removes the second name that a restore gave the database before it was cut off.
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

/// Brings every write into the old file and keeps everybody else out of it for as long as the connection
/// lives. `None` when the file is damaged.
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

/// A connection that has the file for itself, without a log beside it; `None` when others have it.
async fn alone_with(path: &Path) -> Result<Option<AnyConnection>, StoreError> {
    let mut conn = AnyConnection::connect(&sqlite_url(path, "rw")?).await?;
    conn.execute("PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL").await?;
    // Only who is alone can leave the log mode; it takes over everything that is in the log.
    sqlx::query("PRAGMA journal_mode = DELETE").execute(&mut conn).await?;
    conn.execute("BEGIN EXCLUSIVE").await?;
    // Whoever came in between has gone back to it.
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut conn).await?;
    Ok((mode == "delete").then_some(conn))
}

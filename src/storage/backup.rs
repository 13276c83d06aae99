//! A backup: the whole database as of one moment, in one new file, while others continue to write.
//!
//! INVARIANT: a file gets the name that was asked for only when it is whole and durable.

use super::file::{self, folder_of, is_same, sqlite_path};
use super::{Store, StoreError, alone};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir, TempPath};

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is a file of this name.
    #[error("`{0}` exists already: choose another name, or replace it with --force")]
    Exists(PathBuf),
    /// The path names the database itself.
    #[error("`{0}` is the database itself: choose another name")]
    Itself(PathBuf),
    /// The file cannot be written.
    #[error("cannot write `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The database cannot be read or copied.
    #[error("cannot make the backup")]
    Store(#[from] StoreError),
    /// What was written is not what it should be.
    #[error("the backup that was made is not whole, and was removed")]
    Unsound(#[source] StoreError),
}

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// The seq of the last change in it.
    pub seq: i64,
    /// How large it is, bytes.
    pub bytes: u64,
}

impl Store {
    /// Whether the database of a URL is one file, of which [`Store::back_up`] makes backups.
    #[must_use]
    pub fn is_one_file(url: &str) -> bool {
        sqlite_path(url).is_some()
    }

    /// Whether the database of a URL is a file that does not exist.
    #[must_use]
    pub fn is_missing_file(url: &str) -> bool {
        sqlite_path(url).is_some_and(|path| matches!(path.try_exists(), Ok(false)))
    }

    /// A folder beside the SQLite file of `url`, on the same disk, which goes away with the value. Its owner alone may
    /// enter it.
    pub fn folder_beside(url: &str) -> io::Result<TempDir> {
        let path = sqlite_path(url).unwrap_or_default();
        tempfile::Builder::new().prefix(".portreeve-backup-").tempdir_in(folder_of(&path))
    }

    /// Writes the database of `url`, as of now, to a new file that only its owner can read. The file is checked
    /// and durable before it gets its name. A missing folder is made. After an error no new file is left, and an old one is unchanged.
    pub async fn back_up(&self, url: &str, path: &Path, replace: bool) -> Result<Saved, BackupError> {
        let failed = |source| BackupError::File { path: path.to_owned(), source };
        if sqlite_path(url).is_some_and(|own| is_same(&own, path)) {
            return Err(BackupError::Itself(path.to_owned()));
        }
        let is_there = path.try_exists().map_err(failed)?;
        if (is_there && !replace) || path.is_dir() {
            return Err(BackupError::Exists(path.to_owned()));
        }
        let folder = folder_of(path);
        file::make_folder(folder).map_err(failed)?;
        // SQLite fills an empty file that exists; this one has its mode from the beginning.
        let made: TempPath =
            NamedTempFile::with_prefix_in(".portreeve-backup-", folder).map_err(failed)?.into_temp_path();
        self.save_into(&made).await?;
        let saved = inspect(&made).await.map_err(BackupError::Unsound)?;
        file::sync(&made).map_err(failed)?;
        let renamed = if replace { made.persist(path) } else { made.persist_noclobber(path) };
        renamed.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
            _ => failed(error.error),
        })?;
        file::sync(folder).map_err(failed)?;
        Ok(saved)
    }

    async fn save_into(&self, path: &Path) -> Result<(), StoreError> {
        let text = path.to_str().ok_or_else(|| StoreError::BadPath(path.to_owned()))?;
        let mut conn = self.connections.pool().acquire().await?;
        let saved = sqlx::query("VACUUM INTO $1").bind(text).execute(&mut *conn).await;
        saved.map(|_| ()).map_err(StoreError::from)
    }
}

/// Checks a backup: no damage, our schema, and the end of its feed.
async fn inspect(path: &Path) -> Result<Saved, StoreError> {
    let bytes =
        std::fs::metadata(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let store = alone::open(path, "ro").await?;
    let seq = look_at(&store).await;
    store.connections.pool().close().await;
    Ok(Saved { seq: seq?, bytes: bytes.len() })
}

async fn look_at(store: &Store) -> Result<i64, StoreError> {
    alone::look_through(store, &mut *store.connections.pool().acquire().await?).await?;
    let mut reader = store.read().await?;
    let counter = reader.counter().await?;
    let last = reader.changes_from(counter.seq, 1).await?;
    if counter.seq > 0 && last.first().is_none_or(|last| last.hash != counter.head_hash) {
        return Err(StoreError::Corrupt("the end of the audit trail is missing".to_owned()));
    }
    Ok(counter.seq)
}

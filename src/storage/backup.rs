//! Makes a backup: one new file with the state of the whole database at one moment. Servers can write to the database
//! meanwhile.
//!
//! INVARIANT: a backup gets the requested name only when the backup is complete and durable.

use super::file::{self, folder_of, is_same, sqlite_path};
use super::{Store, StoreError, alone};
use std::io;
use std::path::{Path, PathBuf};
use tempfile::{NamedTempFile, TempDir, TempPath};

/// The reason why a backup failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file with the requested name already exists and must not be replaced, or a folder has the name.
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
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The database cannot be read or copied.
    #[error("cannot make the backup")]
    Store(#[from] StoreError),
    /// The written backup is damaged or cannot be checked.
    #[error("the new backup is damaged, and was removed")]
    Unsound(#[source] StoreError),
}

/// The content of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// The seq of the last change in the backup.
    pub seq: i64,
    /// The size of the backup, in bytes.
    pub bytes: u64,
}

impl Store {
    /// Returns true if the database of a URL is one SQLite file. [`Store::back_up`] can copy only a SQLite file.
    #[must_use]
    pub fn is_one_file(url: &str) -> bool {
        sqlite_path(url).is_some()
    }

    /// Returns true if the database of a URL is a SQLite file that does not exist.
    #[must_use]
    pub fn is_missing_file(url: &str) -> bool {
        sqlite_path(url).is_some_and(|path| matches!(path.try_exists(), Ok(false)))
    }

    /// Creates a folder beside the SQLite file of `url`, on the same disk. Only its owner may enter the folder.
    /// Dropping the returned value deletes the folder.
    pub fn folder_beside(url: &str) -> io::Result<TempDir> {
        let path = sqlite_path(url).unwrap_or_default();
        tempfile::Builder::new().prefix(".portreeve-backup-").tempdir_in(folder_of(&path))
    }

    /// Writes the present state of the database of `url` to a new file that only its owner can read. The file is
    /// checked and durable before it gets the name `path`. Creates missing folders. If an error happens before the file
    /// has its name, the new file is removed, and an existing file is unchanged.
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
        // The file is created here with mode 0600. SQLite then fills the empty file.
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

/// Checks that a backup is not damaged, that its schema is not newer than the schema of this release, and that its
/// audit trail ends with the change to which its change counter points.
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

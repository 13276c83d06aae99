//! A SQLite database as a file: its name and its URL, its mode, its lock, and what lies beside it.

use super::error::StoreError;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Endings of the files that SQLite keeps beside a database and applies to it.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// The path with `ending` after its file name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder that its owner alone may enter, and those that it is in, where they are missing.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let above = folder_of(folder);
    make_folder(above)?;
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync(above)
}

/// Flushes a file or folder to the disk.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Removes a file if it exists.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The file of a SQLite URL, `None` for other databases.
pub(super) fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    Some(PathBuf::from(path))
}

/// The SQLite URL of a file; `mode` is that of the `mode` parameter.
pub(super) fn sqlite_url(path: &Path, mode: &str) -> Result<String, StoreError> {
    let text = path.to_str().filter(|text| !text.contains(['?', '#', '%']));
    text.map(|text| format!("sqlite://{text}?mode={mode}"))
        .ok_or_else(|| StoreError::BadPath(path.to_owned()))
}

/// Whether two URLs name one SQLite file.
pub(super) fn is_same_file(one: &str, other: &str) -> bool {
    matches!((sqlite_path(one), sqlite_path(other)), (Some(one), Some(other)) if is_same(&one, &other))
}

/// Whether two paths name one file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path| std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Takes the lock that keeps a second server out, and creates the file if it is missing, readable by its
/// owner only.
pub(super) fn prepare_sqlite(path: &Path) -> Result<File, StoreError> {
    let lock = lock_sqlite(path)?;
    let file = private(path)?;
    check_private(path, &file)?;
    Ok(lock)
}

/// Takes the lock that keeps a second server out.
pub(super) fn lock_sqlite(path: &Path) -> Result<File, StoreError> {
    let lock = lock_of(path);
    let file = private(&lock)?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
        .map_err(|_| StoreError::InUse { path: path.to_owned(), lock })?;
    Ok(file)
}

/// The file that a server locks while it uses a database.
pub(super) fn lock_of(path: &Path) -> PathBuf {
    beside(path, ".lock")
}

/// Whether a server uses a database now. A shared lock, given back at once, is refused while a server holds its own.
pub(super) fn is_locked(path: &Path) -> bool {
    let lock = File::open(lock_of(path)).ok();
    lock.is_some_and(|lock| {
        rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockShared).is_err()
    })
}

/// Why a file of a database could not be opened or made.
pub(super) fn cannot_open(path: &Path, source: io::Error) -> StoreError {
    let folder = folder_of(path);
    if source.kind() == io::ErrorKind::NotFound && !folder.exists() {
        return StoreError::NoFolder(folder.to_owned());
    }
    StoreError::File { path: path.to_owned(), source }
}

/// Copies a database that nobody uses, with what lies beside it, into a folder that goes away with the value. To
/// open the original would finish what its log holds.
pub(super) fn copy_aside(path: &Path) -> io::Result<(TempDir, PathBuf)> {
    let folder = TempDir::new()?;
    let copy = folder.path().join("copy.db");
    std::fs::copy(path, &copy)?;
    for ending in ["-wal", "-journal"] {
        match std::fs::copy(beside(path, ending), beside(&copy, ending)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok((folder, copy))
}

/// Fails as [`prepare_sqlite`] would, but not because another server holds the file; makes nothing.
pub(super) fn foresee(path: &Path) -> Result<(), StoreError> {
    sqlite_url(path, "rwc")?;
    let open = |path: &Path| match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(cannot_open(path, source)),
    };
    open(&lock_of(path))?;
    if let Some(file) = open(path)? {
        check_private(path, &file)?;
    }
    // SQLite makes files beside the database as well.
    rustix::fs::access(folder_of(path), rustix::fs::Access::WRITE_OK)
        .map_err(|error| cannot_open(path, error.into()))
}

/// Opens a file. Creates a missing file readable by its owner only.
fn private(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map_err(|source| cannot_open(path, source))
}

/// Refuses a file that others can read.
pub(super) fn check_private(path: &Path, file: &File) -> Result<(), StoreError> {
    let metadata = file.metadata();
    let metadata = metadata.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(StoreError::Exposed { path: path.to_owned(), mode });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sqlite_url_names_a_file() {
        for (url, path) in [
            ("sqlite://portreeve.db", Some("portreeve.db")),
            ("sqlite:///var/lib/p.db", Some("/var/lib/p.db")),
            ("sqlite:p.db?mode=rwc", Some("p.db")),
            ("postgres://localhost/p", None),
        ] {
            assert_eq!(sqlite_path(url), path.map(PathBuf::from), "{url}");
        }
    }
}

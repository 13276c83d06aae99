//! A SQLite database as a file: its name, its URL, its mode, its locks, and the files beside it.

use super::error::StoreError;
use crate::domain::exposure::Guard;
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The endings of the files that SQLite keeps beside a database.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// The least free space on the disk that SQLite needs to work, in bytes.
const LEAST_ROOM: u64 = 64 * 1024;

/// Returns the path with `ending` appended to its file name.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// Returns the folder of a file.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates the missing folders of a path. Only the owner may enter the new folders.
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

/// Returns the file of a SQLite URL; `None` for other databases.
pub(super) fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    Some(PathBuf::from(path))
}

/// Returns the SQLite URL of a file. `mode` is the value of its parameter `mode`.
pub(super) fn sqlite_url(path: &Path, mode: &str) -> Result<String, StoreError> {
    let text = path.to_str().filter(|text| !text.contains(['?', '#', '%']));
    text.map(|text| format!("sqlite://{text}?mode={mode}"))
        .ok_or_else(|| StoreError::BadPath(path.to_owned()))
}

/// Returns true if both URLs name the same SQLite file.
pub(super) fn is_same_file(one: &str, other: &str) -> bool {
    matches!((sqlite_path(one), sqlite_path(other)), (Some(one), Some(other)) if is_same(&one, &other))
}

/// Returns true if both paths name the same file.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    let identity = |path| std::fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// The locks that stop a second server from using the file, even under another name.
///
/// INVARIANT: the file stays open as long as the store exists. If a process closes any handle of a file, the process
/// loses all locks of SQLite on that file.
#[derive(Debug)]
pub(super) struct Locks {
    /// The lock on `FILE.lock`. This file is in the folder of the real file, so that every symbolic link leads to it.
    beside: File,
    /// The lock on the file itself, which works for other hard links. `None` if the file does not exist yet or cannot
    /// be opened.
    itself: Option<File>,
}

impl Locks {
    /// Releases the locks, so that another server can use the file.
    pub(super) fn release(&self) {
        for file in self.itself.iter().chain([&self.beside]) {
            // If unlocking fails, the lock ends a moment later, when the file is closed.
            let _ = flock(file, FlockOperation::Unlock);
        }
    }
}

/// Takes the locks for a server. Creates a missing file that only its owner can read. Fails if other users can read or
/// replace the file, or if another server has the locks.
pub(super) fn prepare_sqlite(path: &Path) -> Result<Locks, StoreError> {
    let file = private(path)?;
    check_private(path, &file, of_server())?;
    take_locks(path, Some(file))
}

/// Takes the locks for a program that is not the server.
pub(super) fn lock_sqlite(path: &Path) -> Result<Locks, StoreError> {
    let locks = take_locks(path, File::open(path).ok())?;
    let lock = lock_of(path);
    give_to_folder(&lock, &locks.beside).map_err(|source| cannot_open(&lock, source))?;
    Ok(locks)
}

/// Gives a file that root created to the owner of its folder. The server runs as that user and must open the file.
pub(super) fn give_to_folder(path: &Path, file: &File) -> io::Result<()> {
    let (new, folder) = (file.metadata()?, std::fs::metadata(folder_of(path))?);
    if new.uid() == 0 && folder.uid() != 0 {
        fchown(file, Some(folder.uid()), Some(folder.gid()))?;
    }
    Ok(())
}

fn take_locks(path: &Path, itself: Option<File>) -> Result<Locks, StoreError> {
    let lock = lock_of(path);
    let beside = private(&lock)?;
    let in_use = |_| StoreError::InUse { path: path.to_owned(), lock: lock.clone() };
    flock(&beside, FlockOperation::NonBlockingLockExclusive).map_err(in_use)?;
    if let Some(file) = &itself {
        flock(file, FlockOperation::NonBlockingLockExclusive).map_err(in_use)?;
    }
    Ok(Locks { beside, itself })
}

/// Returns the lock file of a database. The lock file is in the folder of the real file, to which symbolic links lead.
pub(super) fn lock_of(path: &Path) -> PathBuf {
    let within_folder = || Some(std::fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?));
    let itself = std::fs::canonicalize(path).ok().or_else(within_folder);
    beside(&itself.unwrap_or_else(|| path.to_owned()), ".lock")
}

/// Returns true if the disk of a file is full.
pub(super) fn is_disk_full(path: &Path) -> bool {
    rustix::fs::statvfs(folder_of(path)).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < LEAST_ROOM)
}

/// Returns true if a server uses a database now. A server has an exclusive lock, so a shared lock is refused. This
/// function tries a shared lock, and releases it at once.
pub(super) fn is_locked(path: &Path) -> bool {
    let is_held = |file: &File| flock(file, FlockOperation::NonBlockingLockShared).is_err();
    [lock_of(path).as_path(), path].iter().filter_map(|path| File::open(path).ok()).any(|file| is_held(&file))
}

/// Explains why a file of a database could not be opened or created.
pub(super) fn cannot_open(path: &Path, source: io::Error) -> StoreError {
    let folder = folder_of(path);
    if source.kind() == io::ErrorKind::NotFound && !folder.exists() {
        return StoreError::NoFolder(folder.to_owned());
    }
    let (user, owner) = (rustix::process::geteuid().as_raw(), std::fs::metadata(path).map(|file| file.uid()));
    let hint = match (source.kind(), owner) {
        (io::ErrorKind::PermissionDenied, Ok(owner)) if owner != user => {
            format!("the file belongs to the user with the number {owner}, and this process runs as {user}")
        }
        (io::ErrorKind::NotFound, _) => {
            "name the database with `--config FILE` or `--database-url URL`".to_owned()
        }
        _ => return StoreError::File { path: path.to_owned(), source },
    };
    let source = io::Error::new(source.kind(), format!("{source}: {hint}"));
    StoreError::File { path: path.to_owned(), source }
}

/// Copies a database that no process uses, with its companion files, into a temporary folder. Opening the original
/// would change it: SQLite would complete the writes in its log. Dropping the returned folder deletes it.
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

/// Fails for the same reasons as [`prepare_sqlite`], except that it ignores the locks of another server. Creates
/// nothing.
pub(super) fn foresee(path: &Path) -> Result<(), StoreError> {
    sqlite_url(path, "rwc")?;
    let open = |path: &Path| match OpenOptions::new().read(true).write(true).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(cannot_open(path, source)),
    };
    open(&lock_of(path))?;
    if let Some(file) = open(path)? {
        check_private(path, &file, of_server())?;
    }
    // SQLite also creates files beside the database.
    rustix::fs::access(folder_of(path), rustix::fs::Access::WRITE_OK)
        .map_err(|error| cannot_open(path, error.into()))
}

/// Opens a file. Creates a missing file, which only its owner can read.
fn private(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    file.map_err(|source| cannot_open(path, source))
}

/// Returns the rules of a server for the owner and mode of its database file.
fn of_server() -> Guard {
    Guard { user: Some(rustix::process::geteuid().as_raw()), group_may_read: false }
}

/// Refuses a file that other users can read or replace.
pub(super) fn check_private(path: &Path, file: &File, guard: Guard) -> Result<(), StoreError> {
    let metadata = file.metadata();
    let metadata = metadata.map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    match guard.judge(metadata.uid(), metadata.mode(), false) {
        Some(why) => Err(StoreError::Exposed { path: path.to_owned(), why }),
        None => Ok(()),
    }
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

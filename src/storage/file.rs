//! A SQLite database as a file: its name and its URL, its mode, its lock, and what lies beside it.

use super::error::StoreError;
use crate::domain::exposure::Guard;
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Endings of the files that SQLite keeps beside a database and applies to it.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// With less room than this SQLite cannot begin, bytes.
const LEAST_ROOM: u64 = 64 * 1024;

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

/// The locks that keep a second server out, whatever name it has for the file.
///
/// INVARIANT: the file stays open as long as the store. If a process closes a file, it loses all locks that SQLite
/// holds on it.
#[derive(Debug)]
pub(super) struct Locks {
    /// On `FILE.lock`, beside the file itself: symbolic links lead there.
    beside: File,
    /// On the file: other hard links lead there. None if there is no file yet.
    itself: Option<File>,
}

impl Locks {
    /// Lets another server have the file.
    pub(super) fn release(&self) {
        for file in self.itself.iter().chain([&self.beside]) {
            // After a failure the lock ends when the file is closed, a moment later.
            let _ = flock(file, FlockOperation::Unlock);
        }
    }
}

/// Takes the locks that keep a second server out, and creates the file if it is missing, readable by its
/// owner only.
pub(super) fn prepare_sqlite(path: &Path) -> Result<Locks, StoreError> {
    let file = private(path)?;
    check_private(path, &file, of_server())?;
    take_locks(path, Some(file))
}

/// Takes the locks that keep a second server out, for a program that is not the server.
pub(super) fn lock_sqlite(path: &Path) -> Result<Locks, StoreError> {
    let locks = take_locks(path, File::open(path).ok())?;
    let lock = lock_of(path);
    give_to_folder(&lock, &locks.beside).map_err(|source| cannot_open(&lock, source))?;
    Ok(locks)
}

/// Gives a file that root made to whoever owns its folder: the server, which runs as that user, must open it.
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

/// The file that a server locks while it uses a database: beside the file that links lead to.
pub(super) fn lock_of(path: &Path) -> PathBuf {
    let within_folder = || Some(std::fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?));
    let itself = std::fs::canonicalize(path).ok().or_else(within_folder);
    beside(&itself.unwrap_or_else(|| path.to_owned()), ".lock")
}

/// Whether the disk of a file has no room left.
pub(super) fn is_disk_full(path: &Path) -> bool {
    rustix::fs::statvfs(folder_of(path)).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < LEAST_ROOM)
}

/// Whether a server uses a database now. A shared lock, given back at once, is refused while a server holds its own.
pub(super) fn is_locked(path: &Path) -> bool {
    let is_held = |file: &File| flock(file, FlockOperation::NonBlockingLockShared).is_err();
    [lock_of(path).as_path(), path].iter().filter_map(|path| File::open(path).ok()).any(|file| is_held(&file))
}

/// Why a file of a database could not be opened or made.
pub(super) fn cannot_open(path: &Path, source: io::Error) -> StoreError {
    let folder = folder_of(path);
    if source.kind() == io::ErrorKind::NotFound && !folder.exists() {
        return StoreError::NoFolder(folder.to_owned());
    }
    let (user, owner) = (rustix::process::geteuid().as_raw(), std::fs::metadata(path).map(|file| file.uid()));
    let hint = match (source.kind(), owner) {
        (io::ErrorKind::PermissionDenied, Ok(owner)) if owner != user => {
            format!("the file belongs to the user with the number {owner}, and this runs as {user}")
        }
        (io::ErrorKind::NotFound, _) => {
            "name the database with `--config FILE` or `--database-url URL`".to_owned()
        }
        _ => return StoreError::File { path: path.to_owned(), source },
    };
    let source = io::Error::new(source.kind(), format!("{source}: {hint}"));
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
        check_private(path, &file, of_server())?;
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

/// What a server wants of its database.
fn of_server() -> Guard {
    Guard { user: Some(rustix::process::geteuid().as_raw()), group_may_read: false }
}

/// Refuses a file that others can read or exchange.
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

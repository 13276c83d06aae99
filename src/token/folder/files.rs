//! Files of the keys folder: private, whole, and durable.

use crate::domain::exposure::Guard;
use crate::token::error::KeysFolderError;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;
use zeroize::Zeroizing;

/// Largest file that is read, bytes.
const LARGEST: u64 = 256 * 1024;
/// How often, and how long each time, we wait for another process.
const LOCK_TRIES: u32 = 50;
const LOCK_WAIT: Duration = Duration::from_millis(100);

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> KeysFolderError {
    let path = path.to_owned();
    move |source| KeysFolderError::File { path, source }
}

/// Makes the folder, for its owner only. Closes an existing folder to others if it holds no key yet (a fresh
/// checkout has one). A folder that holds keys must be closed already.
pub(super) fn private_folder(path: &Path, guard: Guard) -> Result<(), KeysFolderError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))?;
    if check_private(path, guard).is_ok() {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(io(path))? {
        let file = entry.map_err(io(path))?.path();
        if file.extension().is_some_and(|extension| extension == "key") {
            return check_private(path, guard);
        }
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io(path))?;
    check_private(path, guard)
}

/// Fails if others may read or exchange the file or folder.
pub(super) fn check_private(path: &Path, guard: Guard) -> Result<(), KeysFolderError> {
    let metadata = fs::metadata(path).map_err(io(path))?;
    match guard.judge(metadata.uid(), metadata.mode(), metadata.is_dir()) {
        Some(why) => Err(KeysFolderError::Exposed { path: path.to_owned(), why }),
        None => Ok(()),
    }
}

/// Reads a secret file that others may not read.
pub(super) fn read_secret(path: &Path, guard: Guard) -> Result<Zeroizing<Vec<u8>>, KeysFolderError> {
    check_private(path, guard)?;
    read(path).map(Zeroizing::new)
}

/// Reads a file of bounded size.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, KeysFolderError> {
    let size = fs::metadata(path).map_err(io(path))?.len();
    if size > LARGEST {
        return Err(KeysFolderError::Broken { path: path.to_owned(), reason: "it is too large".to_owned() });
    }
    fs::read(path).map_err(io(path))
}

/// Writes a file whole or not at all: beside it, synced, renamed, and the folder synced.
pub(super) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), KeysFolderError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    remove(beside)?;
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(beside).map_err(io(beside))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(io(beside))?;
    fs::rename(beside, path).map_err(io(path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

/// Whether the folder is read-only, by the file system or by its own mode. (The superuser could write there
/// all the same; we respect the mode.)
pub(super) fn is_read_only(folder: &Path) -> bool {
    let by_mode = fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o200 == 0);
    let flags = rustix::fs::statvfs(folder).map(|system| system.f_flag);
    by_mode
        || flags.is_ok_and(|flags| flags.contains(rustix::fs::StatVfsMountFlags::RDONLY))
        || rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err()
}

/// Fails if the folder is read-only.
pub(super) fn check_writable(folder: &Path) -> Result<(), KeysFolderError> {
    if is_read_only(folder) {
        return Err(KeysFolderError::ReadOnly(folder.to_owned(), "do this where it can be written"));
    }
    Ok(())
}

/// Keeps other processes of this machine from changing the folder, until the lock is dropped. The lease of the
/// database excludes everybody else; the lock covers a lease that ended too early.
pub(super) fn lock(folder: &Path) -> Result<File, KeysFolderError> {
    let held = File::open(folder).map_err(io(folder))?;
    for _ in 0..LOCK_TRIES {
        match rustix::fs::flock(&held, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_WAIT),
            // Some network file systems lock no folders.
            Ok(()) | Err(_) => return Ok(held),
        }
    }
    Err(KeysFolderError::Overtaken(folder.to_owned()))
}

/// Removes a file that may be gone already.
pub(super) fn remove(path: &Path) -> Result<(), KeysFolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

/// A number that changes with any key, certificate or list of the folder: a hash of names, sizes, times and
/// inodes.
pub(super) fn fingerprint(folder: &Path) -> Result<u64, KeysFolderError> {
    let mut seen = Vec::new();
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let name = entry.file_name();
        let counts = |extension: &OsStr| extension == "key" || extension == "crt" || extension == "json";
        if !Path::new(&name).extension().is_some_and(counts) {
            continue;
        }
        // A file that goes away meanwhile is a change that the next look sees.
        // What a link leads to counts: whole folders are exchanged like that.
        if let Ok(metadata) = fs::metadata(entry.path()) {
            let time = (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec());
            seen.push((name, metadata.len(), metadata.ino(), metadata.mode(), time));
        }
    }
    seen.sort();
    let mut hasher = DefaultHasher::new();
    seen.hash(&mut hasher);
    Ok(hasher.finish())
}

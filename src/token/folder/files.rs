//! Reads the files of the keys folder, and writes them atomically and durably. A secret file is read only if other
//! users can neither read nor replace it.

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

/// The largest file that is read, bytes.
const LARGEST: u64 = 256 * 1024;
/// The number of attempts to lock the folder. [`LOCK_WAIT`] passes between two attempts.
const LOCK_TRIES: u32 = 50;
const LOCK_WAIT: Duration = Duration::from_millis(100);

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> KeysFolderError {
    let path = path.to_owned();
    move |source| KeysFolderError::File { path, source }
}

/// Makes the folder, for its owner only. Closes an existing folder to other users if it contains no key yet, for
/// example a fresh checkout. Fails if a folder with keys is open to other users.
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

/// Fails if other users can read or replace the file or folder.
pub(super) fn check_private(path: &Path, guard: Guard) -> Result<(), KeysFolderError> {
    let metadata = fs::metadata(path).map_err(io(path))?;
    match guard.judge(metadata.uid(), metadata.mode(), metadata.is_dir()) {
        Some(why) => Err(KeysFolderError::Exposed { path: path.to_owned(), why }),
        None => Ok(()),
    }
}

/// Reads a secret file. Fails if other users can read or replace it.
pub(super) fn read_secret(path: &Path, guard: Guard) -> Result<Zeroizing<Vec<u8>>, KeysFolderError> {
    check_private(path, guard)?;
    read(path).map(Zeroizing::new)
}

/// Reads a file. Fails if the file is too large.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, KeysFolderError> {
    let size = fs::metadata(path).map_err(io(path))?.len();
    if size > LARGEST {
        return Err(KeysFolderError::Broken { path: path.to_owned(), reason: "it is too large".to_owned() });
    }
    fs::read(path).map_err(io(path))
}

/// Writes a file atomically: writes and syncs a new file beside it, renames it, and syncs the folder.
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

/// Returns true if the folder is read-only, by the file system or by its own mode, or if this process may not write to
/// it. The superuser could write in spite of the mode, but this program respects the mode.
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
        return Err(KeysFolderError::ReadOnly(
            folder.to_owned(),
            "run the command where the folder can be written",
        ));
    }
    Ok(())
}

/// Locks the folder against other processes of this machine, until the returned file is closed. Fails if
/// another process keeps its lock for 5 s. The database's lease excludes other machines. The lock also
/// protects the folder if a lease ended too early.
pub(super) fn lock(folder: &Path) -> Result<File, KeysFolderError> {
    let held = File::open(folder).map_err(io(folder))?;
    for _ in 0..LOCK_TRIES {
        match rustix::fs::flock(&held, rustix::fs::FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_WAIT),
            // Some network file systems do not support locks on folders. On such a system only the lease protects the
            // folder.
            Ok(()) | Err(_) => return Ok(held),
        }
    }
    Err(KeysFolderError::Overtaken(folder.to_owned()))
}

/// Removes a file. Succeeds if the file does not exist.
pub(super) fn remove(path: &Path) -> Result<(), KeysFolderError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(io(path)(error)),
        _ => Ok(()),
    }
}

/// Returns a number that changes with every key, certificate and list of the folder. It is a hash of names, sizes,
/// modes, times and inodes.
pub(super) fn fingerprint(folder: &Path) -> Result<u64, KeysFolderError> {
    let mut seen = Vec::new();
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        let name = entry.file_name();
        let counts = |extension: &OsStr| extension == "key" || extension == "crt" || extension == "json";
        if !Path::new(&name).extension().is_some_and(counts) {
            continue;
        }
        // If a file disappears meanwhile, the next check notices it. Links are followed, because some systems
        // replace all files at once by changing a link.
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

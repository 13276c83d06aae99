//! Files of the keys folder: private, whole, and durable.

use super::keyring::KeyringError;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use zeroize::Zeroizing;

/// Largest file that is read, bytes.
const LARGEST: u64 = 256 * 1024;

pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> KeyringError {
    let path = path.to_owned();
    move |source| KeyringError::File { path, source }
}

/// Makes the folder for its owner only. One that is there and holds no key yet (a fresh checkout has
/// one) is closed to others; one that holds keys must be closed already.
pub(super) fn private_folder(path: &Path) -> Result<(), KeyringError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(io(path))?;
    if check_private(path).is_ok() {
        return Ok(());
    }
    for entry in fs::read_dir(path).map_err(io(path))? {
        let file = entry.map_err(io(path))?.path();
        if file.extension().is_some_and(|extension| extension == "key") {
            return check_private(path);
        }
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(io(path))
}

/// Refuses what group or others may read or write.
pub(super) fn check_private(path: &Path) -> Result<(), KeyringError> {
    let metadata = fs::metadata(path).map_err(io(path))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let wanted = if metadata.is_dir() { 700 } else { 600 };
    Err(KeyringError::Exposed { path: path.to_owned(), mode, wanted })
}

/// Reads a secret file that only its owner may read.
pub(super) fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyringError> {
    check_private(path)?;
    read(path).map(Zeroizing::new)
}

/// Reads a file of bounded size.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, KeyringError> {
    let size = fs::metadata(path).map_err(io(path))?.len();
    if size > LARGEST {
        return Err(KeyringError::Broken { path: path.to_owned(), reason: "it is too large".to_owned() });
    }
    fs::read(path).map_err(io(path))
}

/// Writes a file whole or not at all: beside it, synced, renamed, and the folder synced.
pub(super) fn write(path: &Path, content: &[u8], mode: u32) -> Result<(), KeyringError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    match fs::remove_file(beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io(beside)(error)),
        _ => {}
    }
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(beside).map_err(io(beside))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(io(beside))?;
    fs::rename(beside, path).map_err(io(path))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

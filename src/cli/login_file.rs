//! The saved login: the address of a server and an access key, in a file that only its owner can read.

use super::error::CliError;
use crate::domain::shell;
use serde::{Deserialize, Serialize};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use zeroize::Zeroize;

/// The content of a saved login.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Login {
    /// The server's address.
    pub(super) url: String,
    /// The subject that is logged in: `user:NAME`.
    pub(super) subject: String,
    /// The id of the access key.
    pub(super) key_id: String,
    /// The access key itself.
    pub(super) key: String,
    /// The time when the key ends, RFC 3339.
    pub(super) expires_at: String,
    /// Files of certificate authorities that the client trusts for this server, besides those of the system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ca: Vec<PathBuf>,
}

impl Drop for Login {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

/// Returns the path of the saved login: `PORTREEVE_LOGIN_FILE`, or else a file in the user's configuration
/// folder.
pub(super) fn path() -> Result<PathBuf, CliError> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(path) = variable("PORTREEVE_LOGIN_FILE") {
        return Ok(path);
    }
    // SPEC: XDG Base Directory Specification: a relative path in XDG_CONFIG_HOME must be ignored.
    let folder = variable("XDG_CONFIG_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| variable("HOME").map(|home| home.join(".config")))
        .ok_or_else(|| {
            CliError::Usage("HOME is not set: name a file for the login in PORTREEVE_LOGIN_FILE".to_owned())
        })?;
    Ok(folder.join("portreeve").join("login.json"))
}

/// Reads the saved login, if there is one. Fails if the mode of the file lets other accounts use it, or if the
/// file belongs to another account.
pub(super) fn load() -> Result<Option<Login>, CliError> {
    let path = path()?;
    let failed =
        |error: std::io::Error| CliError::Failed(format!("cannot read `{}`: {error}", path.display()));
    let mut file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let metadata = file.metadata().map_err(failed)?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(CliError::Failed(format!(
            "`{0}` is open to others (mode {mode:03o}): its access key may be known; run `chmod 600 {1}`, then log in again",
            path.display(),
            shell::path(&path)
        )));
    }
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(CliError::Failed(format!("`{}` belongs to somebody else: log in again", path.display())));
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    let login = serde_json::from_str(&text);
    text.zeroize();
    login.map(Some).map_err(|_| {
        CliError::Failed(format!("`{}` is not a saved login: remove it and log in again", path.display()))
    })
}

/// Saves a login atomically: a failure leaves the previous file unchanged.
pub(super) fn save(login: &Login) -> Result<PathBuf, CliError> {
    let path = path()?;
    let failed =
        |error: std::io::Error| CliError::Failed(format!("cannot write `{}`: {error}", path.display()));
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(name);
    let mut text = serde_json::to_string_pretty(login).unwrap_or_default();
    let written = write_new(&beside, &text).and_then(|()| std::fs::rename(&beside, &path));
    text.zeroize();
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written.map_err(failed)?;
    Ok(path)
}

fn write_new(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()
}

/// Removes the saved login.
pub(super) fn remove() -> Result<(), CliError> {
    let path = path()?;
    std::fs::remove_file(&path)
        .map_err(|error| CliError::Failed(format!("cannot remove `{}`: {error}", path.display())))
}

//! The keys folder: private keys, their certificates, the CA, `keyring.json`, which lists the purpose of each key, and
//! `secrets.key`, which seals secrets in the database. Each operation has its own file.
//!
//! INVARIANT: each change of the list of keys writes one new `keyring.json`. Files of new keys are written before it,
//! and files of removed keys are deleted after it. Only one process may change the signing keys at a time: the caller
//! has the lease of the database, except in commands that work without the database. Most changes also lock the folder
//! against processes of the same machine.

mod add;
mod create;
mod files;
mod foresee;
mod load;
mod maintain;
mod material;
mod retire;
mod revoke;
mod rotate;
mod secrets;
mod states;

pub use add::OperatorKey;
pub use foresee::Foreseen;
pub use maintain::Maintenance;
pub use revoke::Revoked;
pub use rotate::Rotated;

use crate::domain::exposure::Guard;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The keys folder of a server, which replicas may share.
#[derive(Debug, Clone)]
pub struct KeysFolder {
    path: PathBuf,
    /// The demands on the owner and mode of secret files.
    guard: Guard,
}

impl KeysFolder {
    /// Makes a handle for the folder at a path, without reading it. Any user may own the secret files, but only the
    /// owner may read them.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), guard: Guard::default() }
    }

    /// Sets the demands on the owner and mode of secret files.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// Returns true if a file is in the folder, or if a link in the folder leads to it.
    pub fn holds(&self, file: &Path) -> io::Result<bool> {
        let real = fs::canonicalize(file)?;
        if real.starts_with(fs::canonicalize(&self.path)?) {
            return Ok(true);
        }
        for entry in fs::read_dir(&self.path)? {
            // A broken link does not lead to a file.
            if fs::canonicalize(entry?.path()).is_ok_and(|target| target == real) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of the private key with this name.
    fn key_file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.key"))
    }

    /// Returns the path of the certificate for the key with this name.
    fn certificate_file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.crt"))
    }

    fn ca_key_file(&self) -> PathBuf {
        self.key_file("ca")
    }

    fn ca_certificate_file(&self) -> PathBuf {
        self.certificate_file("ca")
    }
}

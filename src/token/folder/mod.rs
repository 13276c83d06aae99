//! The keys folder: private keys, their certificates, the CA, and `keyring.json`, which says what each key
//! is for. One file an operation.
//!
//! INVARIANT: each change is one new `keyring.json`. Files of new keys are written before it, files of
//! ended keys are removed after it. Only one process may change the folder at a time: the caller holds the
//! lease of the database.

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
    /// What its secret files must be like.
    guard: Guard,
}

impl KeysFolder {
    /// The folder at a path; nothing is read. Its secrets may belong to anybody, and only their owner may read them.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), guard: Guard::default() }
    }

    /// The same with these demands on its secret files.
    #[must_use]
    pub fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// Whether a file is in the folder, or is one that the folder links to.
    pub fn holds(&self, file: &Path) -> io::Result<bool> {
        let real = fs::canonicalize(file)?;
        if real.starts_with(fs::canonicalize(&self.path)?) {
            return Ok(true);
        }
        for entry in fs::read_dir(&self.path)? {
            // A link that leads nowhere is not a file.
            if fs::canonicalize(entry?.path()).is_ok_and(|target| target == real) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn path(&self) -> &Path {
        &self.path
    }

    /// The private key of that name.
    fn key_file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{name}.key"))
    }

    /// The certificate of the key of that name.
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

//! Why the keys folder cannot be used, or a change of it was refused.

use super::certificate::CertificateError;
use super::key::KeyError;
use crate::domain::exposure::Exposure;
use crate::domain::time::Timestamp;
use std::path::{Path, PathBuf};

/// Why the keys folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysFolderError {
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Others may read or exchange a secret.
    #[error("{}", why.told(path))]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it.
        why: Exposure,
    },
    /// A file is not what it should be.
    #[error("`{path}` cannot be used: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A key cannot be used.
    #[error("the key `{path}` cannot be used")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// A certificate cannot be made or used.
    #[error("the certificate `{path}` cannot be used")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: CertificateError,
    },
    /// A certificate has ended.
    #[error("the certificate `{path}` ended at {end}: {advice}")]
    Expired {
        /// The file.
        path: PathBuf,
        /// When.
        end: Timestamp,
        /// What to do.
        advice: &'static str,
    },
    /// Several keys, none chosen.
    #[error(
        "`{0}` holds several `.key` files and no keyring.json: leave one of them there, it becomes the signing key"
    )]
    SeveralKeys(PathBuf),
    /// Somebody else is changing it, or did since it was read.
    #[error("somebody else is changing the keys in `{0}`: run it again")]
    Overtaken(PathBuf),
    /// It would have to be written, and cannot be.
    #[error("`{0}` is read-only: {1}")]
    ReadOnly(PathBuf, &'static str),
}

/// Why a key was not added, rotated, retired or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyChangeError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] KeysFolderError),
    /// No such key.
    #[error("there is no key `{0}`: `portreeve keys list` shows them")]
    Unknown(String),
    /// The change does not fit what is there.
    #[error("{0}")]
    Refused(String),
}

pub(super) fn broken(path: &Path, reason: impl ToString) -> KeysFolderError {
    KeysFolderError::Broken { path: path.to_owned(), reason: reason.to_string() }
}

pub(super) fn bad_certificate(path: &Path) -> impl FnOnce(CertificateError) -> KeysFolderError {
    let path = path.to_owned();
    move |source| KeysFolderError::Certificate { path, source }
}

pub(super) fn refused(why: impl Into<String>) -> KeyChangeError {
    KeyChangeError::Refused(why.into())
}

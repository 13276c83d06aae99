//! The reasons why the keys folder cannot be used, and why a change of it was refused.

use super::certificate::CertificateError;
use super::key::KeyError;
use crate::domain::exposure::Exposure;
use crate::domain::time::Timestamp;
use std::path::{Path, PathBuf};

/// The reason why the keys folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysFolderError {
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The cause of the failure.
        #[source]
        source: std::io::Error,
    },
    /// Other users can read or replace a secret.
    #[error("{}", why.told(path))]
    Exposed {
        /// The path of the file or folder.
        path: PathBuf,
        /// The fault of the owner or mode.
        why: Exposure,
    },
    /// A file has malformed content.
    #[error("`{path}` cannot be used: {reason}")]
    Broken {
        /// The path of the file.
        path: PathBuf,
        /// The fault of the content.
        reason: String,
    },
    /// A key cannot be used.
    #[error("the key `{path}` cannot be used")]
    Key {
        /// The path of the key file.
        path: PathBuf,
        /// The reason why the key cannot be used.
        source: KeyError,
    },
    /// A certificate cannot be made or used.
    #[error("the certificate `{path}` cannot be used")]
    Certificate {
        /// The path of the certificate file.
        path: PathBuf,
        /// The reason why the certificate cannot be used.
        source: CertificateError,
    },
    /// A certificate has ended.
    #[error("the certificate `{path}` ended at {end}: {advice}")]
    Expired {
        /// The path of the certificate file.
        path: PathBuf,
        /// The time at which the certificate ended.
        end: Timestamp,
        /// The advice for the operator.
        advice: &'static str,
    },
    /// There are several key files, and no list names the signing key.
    #[error(
        "`{0}` contains several `.key` files and no keyring.json: leave only the one that shall become the signing key"
    )]
    SeveralKeys(PathBuf),
    /// Another process is changing the folder, or has changed it since it was read.
    #[error("another process is changing the keys in `{0}`: try again")]
    Overtaken(PathBuf),
    /// The folder must be written, but is read-only.
    #[error("`{0}` is read-only: {1}")]
    ReadOnly(PathBuf, &'static str),
}

/// The reason why a key was not added, rotated, retired or revoked.
#[derive(Debug, thiserror::Error)]
pub enum KeyChangeError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] KeysFolderError),
    /// No key has this name.
    #[error("there is no key `{0}`: `portreeve keys list` shows all keys")]
    Unknown(String),
    /// The change is refused. The text says why.
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

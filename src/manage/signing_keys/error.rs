//! Why the signing keys were not changed.

use crate::storage::StoreError;
use crate::token::{KeyChangeError, KeysFolderError};

/// Why the signing keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The change was refused, or the folder cannot be used.
    #[error(transparent)]
    Change(#[from] KeyChangeError),
    /// The database, which holds the lease, cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// Another process held the lease for too long.
    #[error("another server has been changing the keys or the database for too long: look at its log")]
    Busy,
    /// The work ended half way.
    #[error("the work on the keys folder was cut off: look at `portreeve keys list`")]
    Cut,
}

impl From<KeysFolderError> for SigningKeyError {
    fn from(error: KeysFolderError) -> Self {
        Self::Change(error.into())
    }
}

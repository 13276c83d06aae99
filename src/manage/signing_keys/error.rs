//! The reason why the signing keys were not changed.

use crate::storage::StoreError;
use crate::token::{KeyChangeError, KeysFolderError};

/// The reason why the signing keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// The change was refused, or the folder cannot be used.
    #[error(transparent)]
    Change(#[from] KeyChangeError),
    /// The database, which contains the lease, cannot be used.
    #[error("the database cannot be used")]
    Store(#[from] StoreError),
    /// Another process kept the lease for too long.
    #[error("another server has been changing the keys or the database for too long: look at its log")]
    Busy,
    /// The work ended before it was complete.
    #[error("the work on the keys folder was cut off: look at `portreeve keys list`")]
    Cut,
}

impl From<KeysFolderError> for SigningKeyError {
    fn from(error: KeysFolderError) -> Self {
        Self::Change(error.into())
    }
}

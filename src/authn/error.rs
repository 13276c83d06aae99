//! Why somebody is not let in.

use crate::storage::StoreError;

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthnError {
    /// Unknown, disabled, expired, revoked or wrong: deliberately one answer.
    #[error("invalid user name, password or token")]
    Rejected,
    /// A refresh token whose time is over.
    #[error("session expired")]
    SessionExpired,
    /// A refresh token presented for another service than its own.
    #[error("this session is for another registry")]
    OtherService,
    /// Too many passwords are waiting to be verified.
    #[error("too many sign-ins at once")]
    Busy,
    /// The store does not answer.
    #[error("credentials cannot be verified now")]
    Store(#[from] StoreError),
}

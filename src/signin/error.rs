//! The reasons for which a sign-in, or a step of it, is refused.

use crate::authn::AuthnError;
use crate::entropy::NoEntropy;
use crate::storage::StoreError;

/// A reason for which a sign-in, or a step of it, is refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The credentials were refused, or cannot be verified now.
    #[error(transparent)]
    Authn(#[from] AuthnError),
    /// After the proof and before the session began, the account was disabled or deleted, or its password or
    /// administrator flag was changed.
    #[error("the account was changed meanwhile: sign in again")]
    ChangedMeanwhile,
    /// Too many sign-ins are in progress from the network of the visitor.
    #[error("too many sign-ins are in progress: try again in a few minutes")]
    TooMany,
    /// The system provides no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

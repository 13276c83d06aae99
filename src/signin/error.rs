//! Why somebody could not sign in, or a step towards it was refused.

use crate::authn::AuthnError;
use crate::entropy::NoEntropy;
use crate::storage::StoreError;

/// Why somebody could not sign in, or a step towards it was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The credentials were refused, or cannot be verified now.
    #[error(transparent)]
    Authn(#[from] AuthnError),
    /// The account was disabled, or its password or rights changed, between the proof and the session.
    #[error("the account was changed meanwhile: sign in again")]
    ChangedMeanwhile,
    /// Too many sign-ins are under way from this network, or in all.
    #[error("too many sign-ins are under way: try again in a few minutes")]
    TooMany,
    /// The system gave no random bytes.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

//! Why an administrative request was not carried out.

use crate::accounts::WriteError;
use crate::authn::{AuthnError, HashError, Throttled};
use crate::domain::invalid::FieldErrors;
use crate::entropy::NoEntropy;
use crate::storage::StoreError;

/// Why an administrative request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// The object was not written, or is not there.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The caller is not an administrator.
    #[error("only administrators may do this; everybody may use /api/v1/me")]
    NotAdministrator,
    /// The password that somebody gave as their current one was refused.
    #[error("the current password is wrong")]
    CurrentPassword(#[source] AuthnError),
    /// The caller signed in too long ago for this.
    #[error("this needs a sign-in of the last 15 minutes: sign in again")]
    SignInAgain,
    /// The caller is signed in otherwise.
    #[error("you are not signed in with a browser session")]
    NoBrowserSession,
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Too many previews wait.
    #[error("too many previews at once: try again")]
    TooManyPreviews,
    /// Too many passwords are being hashed.
    #[error("too many passwords are being hashed: try again")]
    Busy,
    /// Too many passwords were wrong.
    #[error(transparent)]
    Throttled(Throttled),
    /// A password could not be hashed, or no random bytes were had.
    #[error("the server could not make a secret")]
    NoSecret,
    /// The file that is applied could not be read back.
    #[error("the file could not be read")]
    Spool(#[source] std::io::Error),
    /// The change is stored but not yet in force on this replica.
    #[error("the change is stored, but not yet in force")]
    NotInForce(#[source] StoreError),
}

impl From<StoreError> for ManageError {
    fn from(error: StoreError) -> Self {
        WriteError::Store(error).into()
    }
}

impl From<FieldErrors> for ManageError {
    fn from(errors: FieldErrors) -> Self {
        WriteError::Invalid(errors).into()
    }
}

impl From<HashError> for ManageError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => ManageError::Busy,
            HashError::UnknownForm | HashError::TooExpensive | HashError::Failed => ManageError::NoSecret,
        }
    }
}

impl From<NoEntropy> for ManageError {
    fn from(_: NoEntropy) -> Self {
        ManageError::NoSecret
    }
}

impl From<AuthnError> for ManageError {
    fn from(error: AuthnError) -> Self {
        match error {
            AuthnError::Busy | AuthnError::Unconfirmed(_) | AuthnError::ProviderSilent(_) => {
                ManageError::Busy
            }
            AuthnError::Throttled(throttled) => ManageError::Throttled(throttled),
            AuthnError::Store(error) => error.into(),
            refused @ (AuthnError::Rejected(_)
            | AuthnError::SessionExpired(_)
            | AuthnError::SignInExpired(_)
            | AuthnError::OtherService(_)) => ManageError::CurrentPassword(refused),
        }
    }
}

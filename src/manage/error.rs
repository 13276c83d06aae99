//! The reason why an administrative request was not carried out.

use crate::accounts::WriteError;
use crate::authn::{AuthnError, HashError, Throttled};
use crate::domain::invalid::FieldErrors;
use crate::entropy::NoEntropy;
use crate::snapshot::LookError;
use crate::storage::StoreError;

/// The reason why an administrative request was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ManageError {
    /// The object was not written, or does not exist.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The caller is not an administrator.
    #[error("only administrators may do this; everybody may use /api/v1/me")]
    NotAdministrator,
    /// The password that the caller gave as the current one was refused.
    #[error("the current password is wrong")]
    CurrentPassword(#[source] AuthnError),
    /// The caller's sign-in is too old for this operation.
    #[error("this needs a sign-in of the last 15 minutes: sign in again")]
    SignInAgain,
    /// The caller is not signed in with a browser session.
    #[error("you are not signed in with a browser session")]
    NoBrowserSession,
    /// The caller may not do this. The text is the reason.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The repository does not exist, or the caller may not pull it. The answer is the same in both cases.
    #[error("there is no repository `{name}` of service `{service}` that you may pull")]
    NoRepository {
        /// The name of the service.
        service: String,
        /// The name of the repository.
        name: String,
    },
    /// This process is not a running server, so it has no database of events and no signing keys.
    #[error("the events of registries are not available here")]
    NoEvents,
    /// Earlier previews took too long, so this preview was not computed.
    #[error("too many previews at once: try again")]
    TooManyPreviews,
    /// The server is making suggestions for another request.
    #[error("somebody else asks for suggestions at the moment: try again")]
    TooManySuggestions,
    /// Too many requests search the names of repositories.
    #[error("too many lists of repositories at once: try again")]
    TooManyLists,
    /// Too many passwords are being hashed, or an identity provider gave no answer.
    #[error("passwords cannot be checked now: try again")]
    Busy,
    /// Too many passwords were wrong.
    #[error(transparent)]
    Throttled(Throttled),
    /// A password could not be hashed, or the system gave no random bytes.
    #[error("the server could not make a secret")]
    NoSecret,
    /// The temporary copy of the applied file could not be written or read.
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

impl From<LookError> for ManageError {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Busy => ManageError::TooManyLists,
            LookError::Cut => StoreError::Cut.into(),
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

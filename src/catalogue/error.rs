//! The reasons for which the server refuses a list or a search.

use crate::authn::AuthnError;
use crate::domain::refusal::Cause;
use crate::domain::subject::SubjectRef;
use crate::snapshot::{LookError, TooStale};
use crate::storage::StoreError;

/// A reason to refuse a list or a search.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The service does not exist, the path names none of several services, or clients may not list the names of the
    /// service.
    #[error("nothing is served at this path")]
    Off,
    /// The client can list the catalogue instead of searching. After this answer, the client lists the catalogue with
    /// its credentials.
    #[error("this client searches in the catalogue")]
    UseTheCatalogue,
    /// The client presents neither credentials nor a token, or must prove that it is a user or robot.
    #[error("authentication required")]
    LoginRequired,
    /// The credentials are wrong, or cannot be verified now.
    #[error(transparent)]
    Unknown(#[from] AuthnError),
    /// The registry token is malformed, is not from this server, is not valid now, or is for another service. Or a
    /// provider must first confirm the token's owner again.
    #[error("the registry token is not valid here: {0}")]
    BadToken(&'static str),
    /// The client may not pull from the repository. The answer does not tell if the repository exists.
    #[error("requested access to the resource is denied")]
    Denied,
    /// The inventory has no such repository.
    #[error("repository name not known to registry")]
    NoRepository,
    /// The client asks for too many entries, or its number cannot be parsed.
    #[error("invalid number of results requested")]
    BadNumber(String),
    /// The parameter `last` contains a sealed name that this server did not seal, or sealed for another list.
    #[error("`last` is not from the `Link` of a page of this list: begin again without it")]
    BadPlace,
    /// Too many lists and searches run at once, or a name cannot be sealed.
    #[error("too many lists and searches at once: try again")]
    Busy,
    /// The account was changed during each attempt to answer the request.
    #[error("the account changes too often: try again")]
    Overtaken,
    /// The policy in memory is too old.
    #[error(transparent)]
    TooStale(#[from] TooStale),
    /// The database does not answer, or the work was cut off.
    #[error("the names cannot be read now")]
    Store(#[from] StoreError),
}

impl From<LookError> for CatalogueError {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Busy => Self::Busy,
            LookError::Cut => Self::Store(StoreError::Cut),
        }
    }
}

impl CatalogueError {
    /// Returns the cause, for the log and the metrics.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Off | Self::UseTheCatalogue | Self::NoRepository | Self::BadNumber(_) | Self::BadPlace => {
                Cause::NoTokenPath
            }
            Self::LoginRequired | Self::Denied => Cause::NoCredentials,
            Self::Unknown(error) => error.cause(),
            Self::BadToken(_) => Cause::BadToken,
            Self::Overtaken | Self::Busy => Cause::Busy,
            Self::TooStale(_) | Self::Store(_) => Cause::Unavailable,
        }
    }

    /// Returns the account whose credential was refused, for the log.
    #[must_use]
    pub fn account(&self) -> Option<&SubjectRef> {
        match self {
            Self::Unknown(error) => error.account(),
            _ => None,
        }
    }
}

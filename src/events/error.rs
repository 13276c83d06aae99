//! The reasons for which the server refuses a report. The content of a report is never a reason.

use crate::authn::AuthnError;
use crate::domain::refusal::Cause;
use crate::domain::subject::SubjectRef;
use crate::snapshot::TooStale;
use crate::storage::StoreError;

/// A reason to refuse a report.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// The credentials of the sender are missing or wrong, or cannot be verified now.
    #[error(transparent)]
    Unknown(#[from] AuthnError),
    /// No rule grants the sender the right to report, or the restriction of its access key excludes the right.
    #[error(
        "to report events, a rule and the access key must grant `push` on `registry:events` of this service"
    )]
    NotAllowed(SubjectRef),
    /// The service does not exist.
    #[error("there is no such service")]
    UnknownService,
    /// The server is overloaded, the database cannot store the events now, or the sender's account was changed during
    /// each attempt to decide. The registry keeps its events and sends them again.
    #[error("the events cannot be recorded now: send them again")]
    Busy,
    /// The policy in memory is too old.
    #[error(transparent)]
    TooStale(#[from] TooStale),
    /// The database cannot be read.
    #[error("the rules cannot be read now")]
    Store(#[from] StoreError),
}

impl ReceiveError {
    /// Returns the cause, for the log and the metrics.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Unknown(error) => error.cause(),
            Self::NotAllowed(_) => Cause::MayNotReport,
            Self::UnknownService => Cause::UnknownService,
            Self::Busy => Cause::Busy,
            Self::TooStale(_) | Self::Store(_) => Cause::Unavailable,
        }
    }

    /// Returns true if the reason is wrong credentials or missing rights of the sender. Returns false if the sender
    /// sent no credentials.
    #[must_use]
    pub fn is_of_sender(&self) -> bool {
        match self {
            Self::NotAllowed(_)
            | Self::Unknown(
                AuthnError::Rejected(_)
                | AuthnError::SessionExpired(_)
                | AuthnError::SignInExpired(_)
                | AuthnError::OtherService(_),
            ) => true,
            Self::Unknown(_) | Self::UnknownService | Self::Busy | Self::TooStale(_) | Self::Store(_) => {
                false
            }
        }
    }

    /// Returns the account of the refused sender, for the log.
    #[must_use]
    pub fn account(&self) -> Option<&SubjectRef> {
        match self {
            Self::Unknown(error) => error.account(),
            Self::NotAllowed(subject) => Some(subject),
            _ => None,
        }
    }
}

//! The reason why a client is not let in.

use super::throttle::Throttled;
use crate::domain::refusal::Cause;
use crate::domain::subject::SubjectRef;
use crate::storage::{StoreError, StoredSubject};
use std::sync::Arc;

/// The reason why a client is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthnError {
    /// The credential is unknown, disabled, expired, revoked or wrong. All these cases get the same answer on
    /// purpose; only the log says which case it was.
    #[error("invalid user name, password or token")]
    Rejected(Rejection),
    /// The refresh token has ended. Contains its owner.
    #[error("session expired")]
    SessionExpired(SubjectRef),
    /// The refresh token is for another service. Contains its owner.
    #[error("this session is for another registry")]
    OtherService(SubjectRef),
    /// The credential is genuine, but its owner's sign-in at their identity provider has ended. Contains the owner.
    #[error("sign-in expired")]
    SignInExpired(SubjectRef),
    /// The credential is genuine, but the identity provider has not confirmed its owner for too long. The caller must
    /// ask the provider first.
    #[error("the identity provider must confirm `{}` first", .0.row.subject)]
    Unconfirmed(Arc<StoredSubject>),
    /// The identity provider gives no answer about the person, and its last answer about the person is too old.
    #[error("the identity provider gives no answer: {0}")]
    ProviderSilent(String),
    /// Too many passwords are waiting to be verified.
    #[error("too many sign-ins at once")]
    Busy,
    /// Too many passwords were wrong.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The store does not answer.
    #[error("credentials cannot be verified now")]
    Store(#[from] StoreError),
}

/// The reason why a credential was rejected, for the log.
#[derive(Debug)]
pub struct Rejection {
    /// The cause of the rejection.
    pub cause: Cause,
    /// The owner of the credential, or the account with the sent name, if it is known.
    pub account: Option<SubjectRef>,
}

impl AuthnError {
    /// Makes the rejection of a credential without an owner.
    #[must_use]
    pub fn rejected(cause: Cause) -> Self {
        Self::Rejected(Rejection { cause, account: None })
    }

    /// Makes the rejection of a credential of `account`, or of the account itself.
    pub(super) fn rejected_of(account: &SubjectRef, cause: Cause) -> Self {
        Self::Rejected(Rejection { cause, account: Some(account.clone()) })
    }

    /// Returns the cause, for the log and the metrics.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::Rejected(rejection) => rejection.cause,
            Self::SessionExpired(_) => Cause::ExpiredSession,
            Self::OtherService(_) => Cause::OtherService,
            Self::SignInExpired(_) => Cause::SignInExpired,
            Self::Unconfirmed(_) | Self::ProviderSilent(_) => Cause::ProviderSilent,
            Self::Busy => Cause::Busy,
            Self::Throttled(_) => Cause::Throttled,
            Self::Store(_) => Cause::Unavailable,
        }
    }

    /// Returns the owner of the refused credential, or the refused account, for the log.
    #[must_use]
    pub fn account(&self) -> Option<&SubjectRef> {
        match self {
            Self::Rejected(rejection) => rejection.account.as_ref(),
            Self::SessionExpired(owner) | Self::OtherService(owner) | Self::SignInExpired(owner) => {
                Some(owner)
            }
            Self::Unconfirmed(found) => Some(&found.row.subject),
            Self::ProviderSilent(_) | Self::Busy | Self::Throttled(_) | Self::Store(_) => None,
        }
    }
}

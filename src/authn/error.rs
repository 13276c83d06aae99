//! Why somebody is not let in.

use super::throttle::Throttled;
use crate::domain::refusal::Cause;
use crate::domain::subject::SubjectRef;
use crate::storage::{StoreError, StoredSubject};
use std::sync::Arc;

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum AuthnError {
    /// Unknown, disabled, expired, revoked or wrong: deliberately one answer. Which of these it was is
    /// for the log alone.
    #[error("invalid user name, password or token")]
    Rejected(Rejection),
    /// A refresh token whose time is over, and its owner.
    #[error("session expired")]
    SessionExpired(SubjectRef),
    /// A refresh token presented for another service than its own, and its owner.
    #[error("this session is for another registry")]
    OtherService(SubjectRef),
    /// A genuine credential of somebody whose sign-in at their identity provider has ended.
    #[error("sign-in expired")]
    SignInExpired(SubjectRef),
    /// A genuine credential of somebody whom their identity provider has not confirmed for too long. It must be asked
    /// first.
    #[error("the identity provider must confirm `{}` first", .0.row.subject)]
    Unconfirmed(Arc<StoredSubject>),
    /// The identity provider gives no answer about somebody, and its last one is too old.
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

/// Why a credential was rejected, for the log.
#[derive(Debug)]
pub struct Rejection {
    /// The cause.
    pub cause: Cause,
    /// Whose credential or account it is, if it is somebody's.
    pub account: Option<SubjectRef>,
}

impl AuthnError {
    /// A rejection of what is nobody's credential.
    #[must_use]
    pub fn rejected(cause: Cause) -> Self {
        Self::Rejected(Rejection { cause, account: None })
    }

    /// A rejection of what belongs to `account`.
    pub(super) fn rejected_of(account: &SubjectRef, cause: Cause) -> Self {
        Self::Rejected(Rejection { cause, account: Some(account.clone()) })
    }

    /// The cause, for the log and the metrics.
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

    /// Whose credential or account was refused, for the log.
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

//! Why a request gets no token.

use crate::authn::{AuthnError, Throttled};
use crate::domain::refusal::Cause;
use crate::entropy::NoEntropy;
use crate::metrics::Outcome;
use crate::snapshot::TooStale;
use crate::storage::StoreError;
use crate::token::{NoSigner, SignError};

/// One text for unknown, disabled, expired, revoked and wrong. It also helps those whose stored login
/// went out of date, which breaks pulls of public repositories too.
// INTEROP: the suites of skopeo and podman look for `unauthorized: authentication required`.
const REJECTED: &str = "authentication required: invalid user name, password or token; \
    if an old login is stored, run docker logout HOST";

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// No service named, and there are several.
    #[error("the parameter `service` is missing: name the registry")]
    MissingService,
    /// Not a service of ours.
    #[error("`{0}` is not a service that tokens are issued for")]
    UnknownService(String),
    /// The service accepts no passwords by `grant_type=password`.
    #[error(
        "passwords are not accepted by grant_type=password for this registry: use an access key as the password"
    )]
    PasswordGrantOff,
    /// Nobody without credentials may do anything here. With the command that signs in with an identity provider,
    /// where there is one.
    #[error("authentication required: run {}", .0.as_deref().unwrap_or("docker login"))]
    LoginRequired(Option<String>),
    /// The credentials were refused. `sign_in` is the command that signs in with an identity provider, where there is
    /// one.
    #[error("{}", told(error, sign_in.as_deref()))]
    Refused {
        /// Why.
        error: AuthnError,
        /// The command.
        sign_in: Option<String>,
    },
    /// The token would not fit through proxies.
    #[error(
        "the token would be {bytes} bytes long, and {most} is the most: ask for fewer repositories at once, or have --max-token-bytes raised"
    )]
    TooLong {
        /// How long it would be.
        bytes: usize,
        /// What is set.
        most: usize,
    },
    /// Too many passwords wait to be verified.
    #[error("too many sign-ins at once: try again")]
    Busy,
    /// Too many passwords were wrong.
    #[error(transparent)]
    Throttled(Throttled),
    /// The identity provider of the account gives no answer.
    #[error("the identity provider of this account gives no answer now: try again")]
    ProviderSilent(AuthnError),
    /// Changes of the account came faster than it could be read.
    #[error("the account is being changed: try again")]
    Overtaken,
    /// The policy in memory is too old.
    #[error(transparent)]
    TooStale(#[from] TooStale),
    /// The store does not answer.
    #[error("credentials cannot be verified now: try again")]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error("no token could be made")]
    Entropy(#[from] NoEntropy),
    /// No key signs for the service.
    #[error("tokens for this service cannot be signed now: try again, or look at the server's log")]
    NoSigner(#[from] NoSigner),
    /// The signature failed.
    #[error("no token could be made")]
    Sign(#[from] SignError),
}

/// What a client is told whose credentials were refused.
// INTEROP: skopeo and podman show no body but a 401's, docker none of a 5xx.
fn told(error: &AuthnError, sign_in: Option<&str>) -> String {
    match (error, sign_in) {
        (AuthnError::SessionExpired(_), _) => {
            "authentication required: session expired: run docker login HOST".to_owned()
        }
        (AuthnError::OtherService(_), _) => {
            "authentication required: this session is for another registry: run docker login HOST".to_owned()
        }
        (AuthnError::SignInExpired(_), sign_in) => format!(
            "authentication required: sign-in expired: run {}",
            sign_in.unwrap_or("portreeve login, when the identity provider is enabled again")
        ),
        (_, None) => REJECTED.to_owned(),
        (_, Some(sign_in)) => format!("{REJECTED}; to sign in with the identity provider, run {sign_in}"),
    }
}

impl From<AuthnError> for IssueError {
    fn from(error: AuthnError) -> Self {
        match error {
            AuthnError::Busy => Self::Busy,
            AuthnError::Throttled(throttled) => Self::Throttled(throttled),
            AuthnError::Store(error) => Self::Store(error),
            silent @ (AuthnError::Unconfirmed(_) | AuthnError::ProviderSilent(_)) => {
                Self::ProviderSilent(silent)
            }
            error => Self::Refused { error, sign_in: None },
        }
    }
}

impl IssueError {
    /// The same, which names the command that signs in with an identity provider.
    pub(super) fn naming(self, sign_in: Option<String>) -> Self {
        match self {
            Self::Refused { error, .. } => Self::Refused { error, sign_in },
            Self::LoginRequired(_) => Self::LoginRequired(sign_in),
            other => other,
        }
    }

    /// Why, for the log and the metrics.
    #[must_use]
    pub fn cause(&self) -> Cause {
        match self {
            Self::MissingService => Cause::MissingService,
            Self::UnknownService(_) => Cause::UnknownService,
            Self::PasswordGrantOff => Cause::PasswordGrantOff,
            Self::LoginRequired(_) => Cause::NoCredentials,
            Self::Refused { error, .. } | Self::ProviderSilent(error) => error.cause(),
            Self::TooLong { .. } => Cause::TokenTooLong,
            Self::Busy => Cause::Busy,
            Self::Throttled(_) => Cause::Throttled,
            Self::Overtaken | Self::TooStale(_) | Self::Store(_) | Self::NoSigner(_) => Cause::Unavailable,
            Self::Entropy(_) | Self::Sign(_) => Cause::Failed,
        }
    }

    /// What the metrics count it as.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::MissingService
            | Self::UnknownService(_)
            | Self::PasswordGrantOff
            | Self::TooLong { .. } => Outcome::Invalid,
            Self::LoginRequired(_) | Self::Refused { .. } => Outcome::Unauthorized,
            Self::Throttled(_) => Outcome::Throttled,
            Self::Busy
            | Self::ProviderSilent(_)
            | Self::Overtaken
            | Self::TooStale(_)
            | Self::Store(_)
            | Self::NoSigner(_) => Outcome::Unavailable,
            Self::Entropy(_) | Self::Sign(_) => Outcome::Failed,
        }
    }
}

//! The reasons for which a request gets no token.

use crate::authn::{AuthnError, Throttled};
use crate::domain::refusal::Cause;
use crate::entropy::NoEntropy;
use crate::metrics::Outcome;
use crate::snapshot::TooStale;
use crate::storage::StoreError;
use crate::token::{NoSigner, SignError};

/// The text for an unknown, disabled, revoked or wrong credential, and for an expired access key. It is the same for
/// all of them.
// INTEROP: the test suites of skopeo and podman look for `unauthorized: authentication required`.
const REJECTED: &str = "authentication required: invalid user name, password or token";

/// The additional advice for a client that presents a stored login. An outdated stored login also breaks pulls of
/// public repositories. Each client has its own command to log out.
const STORED: &str = "; if your client has stored an old login, log out with it (docker: docker logout HOST)";

/// A reason why a request gets no token.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The request names no service, and there is not exactly one service.
    #[error("the parameter `service` is missing: name the registry")]
    MissingService,
    /// No service has this name.
    #[error("`{0}` is not a service that tokens are issued for")]
    UnknownService(String),
    /// The service does not accept passwords by `grant_type=password`.
    #[error(
        "passwords are not accepted by grant_type=password for this registry: use an access key as the password"
    )]
    PasswordGrantOff,
    /// The request has neither credentials nor scopes, and no rule gives anonymous clients access to the service now,
    /// from this address.
    /// The value is the command that signs in with an identity provider, if there is such a command.
    #[error("authentication required: run {}", .0.as_deref().unwrap_or("docker login HOST, or log in with your client"))]
    LoginRequired(Option<String>),
    /// The credentials were refused.
    #[error("{}", told(error, *is_stored, sign_in.as_deref()))]
    Refused {
        /// The reason of the refusal.
        error: AuthnError,
        /// True if the client probably presents a stored login.
        is_stored: bool,
        /// The command that signs in with an identity provider, if there is one.
        sign_in: Option<String>,
    },
    /// The token would be too long for the header limits of proxies.
    #[error(
        "the token would be {bytes} bytes long, and the limit is {most}: ask for fewer repositories at once, or have the operator raise --max-token-bytes"
    )]
    TooLong {
        /// The length of the token, in bytes.
        bytes: usize,
        /// The greatest length, in bytes.
        most: usize,
    },
    /// Too many passwords wait to be verified.
    #[error("too many sign-ins at once: try again")]
    Busy,
    /// Too many wrong passwords were tried.
    #[error(transparent)]
    Throttled(Throttled),
    /// The identity provider of the account does not answer.
    #[error("the identity provider of this account gives no answer now: try again")]
    ProviderSilent(AuthnError),
    /// The account was changed during each attempt to answer the request.
    #[error("the account is being changed: try again")]
    Overtaken,
    /// The policy in memory is too old.
    #[error(transparent)]
    TooStale(#[from] TooStale),
    /// The store does not answer.
    #[error("credentials cannot be verified now: try again")]
    Store(#[from] StoreError),
    /// The system provides no random bytes.
    #[error("no token could be made")]
    Entropy(#[from] NoEntropy),
    /// No key can sign for the service.
    #[error("tokens for this service cannot be signed now: try again, or look at the server's log")]
    NoSigner(#[from] NoSigner),
    /// The signature failed.
    #[error("no token could be made")]
    Sign(#[from] SignError),
}

/// Returns the text for a client whose credentials were refused.
// INTEROP: skopeo and podman show the body only of a 401. docker shows no body of a 5xx.
fn told(error: &AuthnError, is_stored: bool, sign_in: Option<&str>) -> String {
    let rejected = if is_stored { format!("{REJECTED}{STORED}") } else { REJECTED.to_owned() };
    match (error, sign_in) {
        (AuthnError::SessionExpired(_), _) => {
            "authentication required: session expired: log in again (docker: docker login HOST)".to_owned()
        }
        (AuthnError::OtherService(_), _) => {
            "authentication required: this session is for another registry: log in \
             to this one (docker: docker login HOST)"
                .to_owned()
        }
        (AuthnError::SignInExpired(_), sign_in) => format!(
            "authentication required: sign-in expired: run {}",
            sign_in.unwrap_or("portreeve login, when the identity provider is enabled again")
        ),
        (_, None) => rejected,
        (_, Some(sign_in)) => format!("{rejected}; to sign in with the identity provider, run {sign_in}"),
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
            error => Self::Refused { error, is_stored: false, sign_in: None },
        }
    }
}

impl IssueError {
    /// Adds advice to a refusal: `sign_in` is the command that signs in with an identity provider, and
    /// `is_stored` adds the advice to log out first. Other errors stay as they are.
    pub(super) fn advising(self, sign_in: Option<String>, is_stored: bool) -> Self {
        match self {
            Self::Refused { error, .. } => Self::Refused { error, is_stored, sign_in },
            Self::LoginRequired(_) => Self::LoginRequired(sign_in),
            other => other,
        }
    }

    /// Returns the cause, for the log and the metrics.
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

    /// Returns the label of the outcome in the metrics.
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

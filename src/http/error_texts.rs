//! The texts of `TokenError` and `ApiError`, for the person at the client: the error and the advice, in lower case.

use super::device::GRANT;
use super::error::{ApiError, TokenError, TooLarge};
use crate::accounts::WriteError;
use crate::authn::AuthnError;
use crate::issue::IssueError;
use crate::manage::ManageError;
use crate::signin::{DeviceError, SignInError};
use std::fmt;

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(IssueError::TooStale(_) | IssueError::Store(_)) | Self::Unavailable(_) => {
                f.write_str("the server cannot reach its database: try again")
            }
            Self::Issue(IssueError::Entropy(_) | IssueError::Sign(_)) => {
                f.write_str("the server failed: see its log")
            }
            Self::Issue(error) => error.fmt(f),
            Self::Repeated(name) => write!(f, "the parameter `{name}` is given twice with different values"),
            Self::NotText(name) => write!(f, "the parameter `{name}` is not UTF-8"),
            Self::Missing(name) => write!(f, "the parameter `{name}` is missing"),
            Self::TooManyScopes => {
                write!(f, "too many scopes: at most {} in one request", crate::domain::scope::MAX_SCOPES)
            }
            Self::UnsupportedGrant => f.write_str("grant_type must be `password` or `refresh_token`"),
            Self::NotTheDeviceGrant => write!(f, "grant_type must be `{GRANT}` here"),
            Self::NoPages(setting) => write!(
                f,
                "this server has no sign-in pages, because they need https: an administrator has to set {setting}; until then log in with a user name and a password"
            ),
            Self::SignIn(error @ SignInError::TooMany) => error.fmt(f),
            Self::SignIn(SignInError::NoEntropy(_)) | Self::Device(DeviceError::NoEntropy(_)) => {
                f.write_str("the server failed: see its log")
            }
            Self::SignIn(_) | Self::Device(DeviceError::Store(_) | DeviceError::NotInForce(_)) => {
                f.write_str("the server cannot reach its database: try again")
            }
            Self::Device(error) => error.fmt(f),
            Self::UnsupportedToken => {
                f.write_str("an access key cannot be revoked here: revoke it in the administration API")
            }
            Self::NotAForm => f.write_str("send the form as application/x-www-form-urlencoded"),
            Self::TooLarge(TooLarge::Query) => f.write_str("the query is too long: at most 16 KiB"),
            Self::TooLarge(TooLarge::Authorization) => {
                f.write_str("the Authorization header is too long: at most 16 KiB")
            }
            Self::TooLarge(TooLarge::Body) => f.write_str("the form is too long: at most 16 KiB"),
            Self::TooSlow => f.write_str("the body took too long to arrive"),
            Self::BrokenBody => f.write_str("the body could not be read"),
            Self::UnknownService => f.write_str("there is no such service"),
            Self::NotFound(paths) => write!(f, "there is nothing at this path: tokens are at {paths}"),
            Self::NoNames => f.write_str(
                "no names are served at this path: use `/services/NAME/` of a service that has `search: true`",
            ),
            Self::NoSuchMethod(allowed) => write!(f, "this path has only {allowed}"),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manage(ManageError::Write(WriteError::Store(crate::storage::StoreError::Conflict))) => {
                f.write_str("the object exists already")
            }
            Self::Manage(ManageError::Write(WriteError::Store(
                error @ crate::storage::StoreError::Undecided(_),
            ))) => error.fmt(f),
            Self::Manage(ManageError::Write(WriteError::Store(_)))
            | Self::Unauthorized(AuthnError::Store(_)) => {
                f.write_str("the server cannot reach its database: try again")
            }
            Self::Manage(ManageError::Write(WriteError::Invalid(_)) | ManageError::CurrentPassword(_)) => {
                f.write_str("the input does not fit")
            }
            Self::Manage(error) => error.fmt(f),
            Self::Unauthorized(AuthnError::Busy) => f.write_str("too many sign-ins at once: try again"),
            Self::Unauthorized(AuthnError::Throttled(throttled)) => throttled.fmt(f),
            Self::Unauthorized(AuthnError::SignInExpired(_)) => {
                f.write_str("sign-in expired: run `portreeve login` with the address of this server")
            }
            Self::Unauthorized(AuthnError::Unconfirmed(_) | AuthnError::ProviderSilent(_)) => {
                f.write_str("the identity provider of this account gives no answer now: try again")
            }
            Self::SignedOut => f.write_str("the sign-in of this browser has ended: sign in at /signin"),
            Self::Foreign(why) => f.write_str(why),
            Self::NeedsHttps(setting) => {
                write!(
                    f,
                    "the console needs https: open it at the https address of this server, or set {setting}"
                )
            }
            Self::Unauthorized(_) => f.write_str(
                "sign in with Basic (user name and password or access key) or Bearer (access key)",
            ),
            Self::MalformedJson(why) => write!(f, "the body is not JSON: {why}"),
            Self::NotJson => f.write_str("send JSON with content type application/json"),
            Self::NoSuchMethod(allowed) => write!(f, "this path has only {allowed}"),
            Self::Broken => f.write_str("the server failed: see its log"),
            Self::NotObjects => {
                f.write_str("send objects with content type application/yaml or application/x-ndjson")
            }
            Self::NotPreviewed => f.write_str(
                "send objects with content type application/json, application/x-ndjson or application/yaml",
            ),
            Self::FileTooLarge => f.write_str("the file is too large: at most 2 GiB"),
            Self::BadPath => f.write_str("the path is not UTF-8"),
            Self::BadCondition(header) => write!(
                f,
                "the header `{header}` cannot be used like this: write an ETag such as `\"7\"`, or `*` (on a write, If-None-Match takes `*` only)"
            ),
            Self::NoSuchPath => f.write_str("there is nothing at this path"),
            Self::HeadTooLarge(what) => TokenError::TooLarge(*what).fmt(f),
            Self::TooLarge => f.write_str("the body is too large: at most 1 MiB"),
            Self::Events(error) => error.fmt(f),
            Self::TooSlow => f.write_str("the body took too long to arrive"),
        }
    }
}

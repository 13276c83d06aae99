//! The one place that turns errors into HTTP statuses, in four forms: the combined body of the token endpoint, the form
//! of registries for lists and searches, problem details for the administration API, and pages for people.
//!
//! The body of a 5xx contains no cause. This module logs the cause once, unless another module does.

mod catalogue;
mod devices;
mod events;
mod manage;
mod pages;
mod reported;
mod sign_in;

pub(super) use catalogue::{CatalogueRefusal, Challenge, OldRefusal};
use events::events_status;
use manage::manage_status;
use sign_in::sign_in_status;

use super::problem::{FieldProblem, NOT_ADMINISTRATOR, Problem, SIGN_IN_AGAIN, SIGNED_OUT};
use crate::accounts::WriteError;
use crate::authn::{AuthnError, Throttled};
use crate::causes::causes;
use crate::domain::invalid::{FieldError, FieldErrors};
use crate::domain::refusal::Cause;
use crate::events::ReceiveError;
use crate::issue::IssueError;
use crate::manage::ManageError;
use crate::signin::{DeviceError, SignInError};
use crate::storage::StoreError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use serde_json::{Value, json};
use std::error::Error;

/// The challenge for Basic.
/// SPEC: RFC 7617 section 2.1: user names and passwords are in UTF-8.
const CHALLENGE: &str = "Basic realm=\"portreeve\", charset=\"UTF-8\"";
/// The challenge for a browser session. With Basic, the browser itself would ask for a password.
// SPEC: RFC 9110 section 15.5.2: a 401 must have a challenge.
const COOKIE_CHALLENGE: &str = "Cookie realm=\"portreeve\"";
const RETRY_AFTER_SECONDS: u32 = 2;

/// The part of a request that is too large.
#[derive(Debug, Clone, Copy)]
pub(super) enum TooLarge {
    Query,
    Authorization,
    Body,
}

/// Errors of the token endpoint, the OAuth2 endpoints and the key set, and of paths that do not exist.
#[derive(Debug)]
pub(super) enum TokenError {
    Issue(IssueError),
    Repeated(&'static str),
    NotText(&'static str),
    Missing(&'static str),
    TooManyScopes,
    UnsupportedGrant,
    UnsupportedToken,
    NotAForm,
    TooLarge(TooLarge),
    TooSlow,
    BrokenBody,
    UnknownService,
    /// The path does not exist. Contains the paths of the token endpoint.
    NotFound(String),
    NoNames,
    /// The path does not have the method of the request. Contains the methods of the path.
    NoSuchMethod(String),
    Unavailable(ManageError),
    /// The `grant_type` at `/oauth2/token` is not the device grant.
    NotTheDeviceGrant,
    /// Browsers keep no sign-in at the pages' address. Contains the name of the setting for this address.
    NoPages(String),
    /// A device cannot begin to wait for an approval.
    SignIn(SignInError),
    /// A device gets no key, or no key yet.
    Device(DeviceError),
}

impl From<SignInError> for TokenError {
    fn from(error: SignInError) -> Self {
        Self::SignIn(error)
    }
}

impl From<DeviceError> for TokenError {
    fn from(error: DeviceError) -> Self {
        Self::Device(error)
    }
}

impl From<IssueError> for TokenError {
    fn from(error: IssueError) -> Self {
        Self::Issue(error)
    }
}

impl TooLarge {
    fn status(self) -> StatusCode {
        match self {
            Self::Query => StatusCode::URI_TOO_LONG,
            Self::Authorization => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }
}

impl TokenError {
    /// Returns the status, the registry error code, and the OAuth2 error code.
    fn codes(&self) -> (StatusCode, &'static str, &'static str) {
        let invalid = |status| (status, "UNSUPPORTED", "invalid_request");
        let bad = |oauth| (StatusCode::BAD_REQUEST, "UNSUPPORTED", oauth);
        match self {
            Self::Issue(IssueError::LoginRequired(_) | IssueError::Refused { .. }) => {
                // SPEC: RFC 6749 section 5.2 says 400 for invalid_grant.
                // INTEROP: skopeo and podman show the text of a 401 only. BuildKit continues with a GET after a 401,
                // but not after a 400.
                (StatusCode::UNAUTHORIZED, "UNAUTHORIZED", "invalid_grant")
            }
            Self::Issue(IssueError::Throttled(_)) => {
                (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", "temporarily_unavailable")
            }
            Self::Issue(
                IssueError::Busy
                | IssueError::ProviderSilent(_)
                | IssueError::NoSigner(_)
                | IssueError::Overtaken
                | IssueError::TooStale(_)
                | IssueError::Store(_),
            )
            | Self::Unavailable(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "temporarily_unavailable")
            }
            Self::Issue(IssueError::Entropy(_) | IssueError::Sign(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "server_error")
            }
            Self::UnsupportedGrant | Self::NotTheDeviceGrant => bad("unsupported_grant_type"),
            Self::Device(error) => devices::codes(error),
            Self::SignIn(SignInError::TooMany) => {
                (StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", "temporarily_unavailable")
            }
            Self::SignIn(SignInError::NoEntropy(_)) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "server_error")
            }
            Self::SignIn(_) => (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "temporarily_unavailable"),
            // SPEC: RFC 6749 section 5.2.
            Self::Issue(IssueError::PasswordGrantOff) => bad("unauthorized_client"),
            Self::UnsupportedToken => bad("unsupported_token_type"),
            Self::Issue(
                IssueError::MissingService | IssueError::UnknownService(_) | IssueError::TooLong { .. },
            )
            | Self::Repeated(_)
            | Self::NotText(_)
            | Self::Missing(_)
            | Self::TooManyScopes
            | Self::BrokenBody
            | Self::NoPages(_) => bad("invalid_request"),
            Self::NotAForm => invalid(StatusCode::UNSUPPORTED_MEDIA_TYPE),
            Self::TooLarge(what) => invalid(what.status()),
            Self::TooSlow => invalid(StatusCode::REQUEST_TIMEOUT),
            Self::NotFound(_) | Self::NoNames | Self::UnknownService => invalid(StatusCode::NOT_FOUND),
            Self::NoSuchMethod(_) => invalid(StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    /// Returns the cause, for the log and the metrics.
    pub(super) fn cause(&self) -> Cause {
        match self {
            Self::Issue(error) => error.cause(),
            Self::Repeated(_) => Cause::RepeatedParameter,
            Self::NotText(_) => Cause::NotText,
            Self::Missing("grant_type") => Cause::MissingGrantType,
            Self::Missing(_) => Cause::MissingParameter,
            Self::TooManyScopes => Cause::TooManyScopes,
            Self::UnsupportedGrant | Self::NotTheDeviceGrant => Cause::UnknownGrantType,
            Self::NoPages(_) => Cause::NotAccepted,
            Self::SignIn(SignInError::TooMany) => Cause::Throttled,
            Self::SignIn(_) => Cause::Unavailable,
            Self::Device(error) => devices::cause(error),
            Self::UnsupportedToken => Cause::NotAccepted,
            Self::NotAForm => Cause::NotAForm,
            Self::TooLarge(_) => Cause::TooLarge,
            Self::TooSlow => Cause::TooSlow,
            Self::BrokenBody => Cause::BrokenBody,
            Self::UnknownService => Cause::UnknownService,
            Self::NotFound(_) | Self::NoNames => Cause::NoTokenPath,
            Self::NoSuchMethod(_) => Cause::NoSuchMethod,
            Self::Unavailable(_) => Cause::Unavailable,
        }
    }

    fn log_cause(&self, status: StatusCode) {
        if !status.is_server_error() {
            return;
        }
        match self {
            // `app/upkeep.rs` logs an outage of the database, once.
            Self::Issue(IssueError::TooStale(_) | IssueError::Store(StoreError::CutOff))
            | Self::Unavailable(ManageError::Write(WriteError::Store(StoreError::CutOff))) => {}
            Self::Issue(error) => log_chain("the token endpoint failed", error),
            Self::Unavailable(error) => log_chain("the revocation endpoint failed", error),
            Self::SignIn(error) => log_chain("a device could not begin to wait", error),
            Self::Device(error) => log_chain("a device could not get its key", error),
            _ => {}
        }
    }
}

impl ResponseError for TokenError {
    fn status_code(&self) -> StatusCode {
        self.codes().0
    }

    /// Answers with one body that every client can read. `errors` is for docker and crane. `details` keeps dockerd
    /// from trying plain http next. `error` and `error_description` are for OAuth2 clients.
    // INTEROP: docker and crane read `errors`, dockerd reads `details`, OAuth2 clients read `error`.
    fn error_response(&self) -> HttpResponse {
        let ((status, code, oauth), message) = (self.codes(), self.to_string());
        self.log_cause(status);
        let mut response = refusal(status);
        match self {
            Self::NoSuchMethod(allowed) => _ = response.insert_header((header::ALLOW, allowed.as_str())),
            Self::Issue(IssueError::Throttled(throttled)) => _ = response.insert_header(again(*throttled)),
            Self::SignIn(SignInError::TooMany) => _ = response.insert_header((header::RETRY_AFTER, "60")),
            _ => {}
        }
        response.json(json!({
            "errors": [{"code": code, "message": message}],
            "details": message,
            "error": oauth,
            "error_description": message,
        }))
    }
}

/// Returns the header with the wait of a throttled client, seconds.
// SPEC: RFC 6585 section 4.
fn again(throttled: Throttled) -> (HeaderName, u32) {
    (header::RETRY_AFTER, throttled.seconds)
}

/// Begins a refusal, with the headers for its status.
fn refusal(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    match status {
        StatusCode::UNAUTHORIZED => response.insert_header((header::WWW_AUTHENTICATE, CHALLENGE)),
        StatusCode::SERVICE_UNAVAILABLE => response.insert_header((header::RETRY_AFTER, RETRY_AFTER_SECONDS)),
        _ => &mut response,
    };
    response
}

/// Errors of the administration API.
#[derive(Debug)]
pub(super) enum ApiError {
    Manage(ManageError),
    /// The browser session has ended, or does not exist.
    SignedOut,
    /// The request has a browser session, but lacks what the pages of this server send. Contains the fault.
    Foreign(&'static str),
    /// Browsers keep no session at this address. Contains the name of the setting for the address of the pages.
    NeedsHttps(String),
    /// The caller is not authenticated: for example, the credentials are wrong or missing, or cannot be verified now.
    Unauthorized(AuthnError),
    MalformedJson(String),
    NotJson,
    /// The content type is not one that a preview accepts.
    NotPreviewed,
    /// The content type is not one that an apply accepts.
    NotObjects,
    FileTooLarge,
    BadPath,
    /// The header is not a list of entity tags, or the method does not allow it. Contains the header's name.
    BadCondition(&'static str),
    /// The path does not have the method of the request. Contains the methods of the path.
    NoSuchMethod(String),
    /// The answer could not be written.
    Broken,
    NoSuchPath,
    /// The query or the `Authorization` header is too long.
    HeadTooLarge(TooLarge),
    TooLarge,
    TooSlow,
    /// A report of a registry was not accepted.
    Events(ReceiveError),
}

impl From<ManageError> for ApiError {
    fn from(error: ManageError) -> Self {
        Self::Manage(error)
    }
}

impl ApiError {
    /// Makes the error for an answer that could not be written, and logs its cause.
    pub(super) fn broken(cause: &(dyn Error + 'static)) -> Self {
        log_chain("an answer could not be written", cause);
        Self::Broken
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Manage(error) => manage_status(error),
            Self::Unauthorized(error) => sign_in_status(error),
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Foreign(_) | Self::NeedsHttps(_) => StatusCode::FORBIDDEN,
            Self::MalformedJson(_) | Self::BadCondition(_) => StatusCode::BAD_REQUEST,
            Self::NotJson | Self::NotObjects | Self::NotPreviewed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BadPath | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NoSuchMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Broken => StatusCode::INTERNAL_SERVER_ERROR,
            Self::HeadTooLarge(what) => what.status(),
            Self::TooLarge | Self::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Events(error) => events_status(error),
        }
    }

    fn log_cause(&self) {
        match self {
            Self::Manage(ManageError::Write(WriteError::Store(StoreError::CutOff)))
            | Self::Unauthorized(AuthnError::Store(StoreError::CutOff)) => {}
            Self::Manage(error) => log_chain("the administration API failed", error),
            Self::Unauthorized(error) => log_chain("a sign-in failed", error),
            _ => {}
        }
    }
}

impl Error for ApiError {}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status();
        if status.is_server_error() {
            self.log_cause();
        }
        let (mut errors, mut rules) = (Vec::new(), Vec::new());
        match self {
            Self::Manage(ManageError::Write(WriteError::Invalid(FieldErrors(list)))) => {
                let problem =
                    |e: &FieldError| FieldProblem { field: e.field.clone(), message: e.message.clone() };
                errors = list.iter().map(problem).collect();
            }
            Self::Manage(ManageError::Write(WriteError::NamedByRules { rules: names, .. })) => {
                rules.clone_from(names)
            }
            Self::Manage(ManageError::CurrentPassword(_)) => {
                let (field, message) = ("current_password".to_owned(), "is wrong".to_owned());
                errors.push(FieldProblem { field, message });
            }
            _ => {}
        }
        let mut response = refusal(status);
        match self {
            Self::SignedOut => _ = response.insert_header((header::WWW_AUTHENTICATE, COOKIE_CHALLENGE)),
            Self::NoSuchMethod(allowed) => _ = response.insert_header((header::ALLOW, allowed.as_str())),
            Self::Manage(ManageError::Throttled(throttled))
            | Self::Unauthorized(AuthnError::Throttled(throttled))
            | Self::Events(ReceiveError::Unknown(AuthnError::Throttled(throttled))) => {
                response.insert_header(again(*throttled));
            }
            _ => {}
        }
        let needs_administrator = matches!(self, Self::Manage(ManageError::NotAdministrator));
        let problem = Problem {
            r#type: if needs_administrator { NOT_ADMINISTRATOR } else { "about:blank" },
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: match self {
                Self::Manage(ManageError::SignInAgain) => Some(SIGN_IN_AGAIN),
                Self::SignedOut => Some(SIGNED_OUT),
                Self::Events(error) => events::events_code(error),
                _ => None,
            },
            detail: self.to_string(),
            errors,
            rules,
        };
        response
            .content_type("application/problem+json")
            .body(serde_json::to_string(&problem).unwrap_or_default())
    }
}

fn log_chain(what: &'static str, error: &(dyn Error + 'static)) {
    tracing::error!(error = causes(error), "{what}");
}

/// Answers the readiness check with 503 and this body.
pub(super) fn not_ready(body: &Value) -> HttpResponse {
    refusal(StatusCode::SERVICE_UNAVAILABLE).json(body)
}

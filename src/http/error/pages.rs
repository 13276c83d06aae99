//! The statuses of pages that refuse a request.

use super::super::answer::{HTML, SIGNIN_POLICY, SIGNIN_REFERRER};
use super::super::signin::{NotReturned, PageError};
use super::manage::manage_status;
use super::{again, log_chain, refusal};
use crate::authn::{AuthnError, NotAsked, OutsideError};
use crate::signin::SignInError;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};

/// Returns the status of a refusal.
fn status(error: &PageError) -> StatusCode {
    match error {
        // A page never has status 401: a 401 needs a challenge, and browsers would then ask for a password themselves.
        PageError::Password(error, _) | PageError::SignIn(SignInError::Authn(error)) => match error {
            AuthnError::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
            AuthnError::Busy
            | AuthnError::Unconfirmed(_)
            | AuthnError::ProviderSilent(_)
            | AuthnError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            AuthnError::Rejected(_)
            | AuthnError::SessionExpired(_)
            | AuthnError::SignInExpired(_)
            | AuthnError::OtherService(_) => StatusCode::FORBIDDEN,
        },
        PageError::Plain(_) | PageError::Foreign | PageError::OldForm => StatusCode::FORBIDDEN,
        PageError::SessionEnded(_) | PageError::SignInAgain(_) => StatusCode::FORBIDDEN,
        PageError::SignIn(SignInError::ChangedMeanwhile) => StatusCode::CONFLICT,
        PageError::SignIn(SignInError::TooMany) => StatusCode::TOO_MANY_REQUESTS,
        PageError::SignIn(SignInError::Store(_)) => StatusCode::SERVICE_UNAVAILABLE,
        PageError::Outside(OutsideError::NotAsked(NotAsked::NoProvider(_))) => StatusCode::NOT_FOUND,
        PageError::Outside(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
        PageError::NotReturned(NotReturned::Malformed) => StatusCode::BAD_REQUEST,
        PageError::Outside(_) | PageError::NotReturned(_) => StatusCode::FORBIDDEN,
        PageError::ProviderSilent => StatusCode::SERVICE_UNAVAILABLE,
        PageError::TooManyCodes => StatusCode::TOO_MANY_REQUESTS,
        PageError::InvitationEnded => StatusCode::GONE,
        PageError::NoSuchPage => StatusCode::NOT_FOUND,
        PageError::NoSuchMethod(_) => StatusCode::METHOD_NOT_ALLOWED,
        PageError::HeadTooLarge(what) => what.status(),
        PageError::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        PageError::TooSlow => StatusCode::REQUEST_TIMEOUT,
        PageError::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        PageError::BrokenForm => StatusCode::BAD_REQUEST,
        PageError::Form(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PageError::Manage(error) => manage_status(error),
        PageError::SignIn(SignInError::NoEntropy(_)) | PageError::Failed => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Logs the cause of a failure of the server.
fn log_cause(error: &PageError) {
    match error {
        PageError::SignIn(error) => log_chain("a page failed", error),
        PageError::Outside(error) => log_chain("a sign-in with an identity provider failed", error),
        PageError::Password(error, _) => log_chain("a page failed", error),
        PageError::Manage(error) => log_chain("a page failed", error),
        // The failure was logged when the provider was asked.
        PageError::ProviderSilent => {}
        _ => tracing::error!("a page could not be written"),
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        status(self)
    }

    fn error_response(&self) -> HttpResponse {
        let status = status(self);
        if status.is_server_error() {
            log_cause(self);
        }
        let mut response = refusal(status);
        match self {
            Self::NoSuchMethod(allowed) => _ = response.insert_header((header::ALLOW, allowed.as_str())),
            Self::Password(AuthnError::Throttled(throttled), _) => {
                response.insert_header(again(*throttled));
            }
            Self::ProviderSilent => _ = response.insert_header((header::RETRY_AFTER, "30")),
            Self::SignIn(SignInError::TooMany) => _ = response.insert_header((header::RETRY_AFTER, "60")),
            _ => {}
        }
        response
            .insert_header((header::CONTENT_SECURITY_POLICY, SIGNIN_POLICY))
            .insert_header((header::REFERRER_POLICY, SIGNIN_REFERRER));
        response.content_type(HTML).body(self.body())
    }
}

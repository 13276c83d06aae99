//! The status of a refused sign-in, for all paths that accept the credentials of the administration API.

use crate::authn::AuthnError;
use actix_web::http::StatusCode;

/// Returns the status of a refused sign-in.
pub(super) fn sign_in_status(error: &AuthnError) -> StatusCode {
    match error {
        AuthnError::Busy
        | AuthnError::Unconfirmed(_)
        | AuthnError::ProviderSilent(_)
        | AuthnError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        AuthnError::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
        AuthnError::Rejected(_)
        | AuthnError::SessionExpired(_)
        | AuthnError::OtherService(_)
        | AuthnError::SignInExpired(_) => StatusCode::UNAUTHORIZED,
    }
}

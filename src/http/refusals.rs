//! What the log and the metrics are told of refusals: one line each.
//!
//! Refusals that the token endpoint's use case decides are told there (`issue/log.rs`), because only it
//! knows what was asked. Here are those of requests that never came so far, refused sign-ins to the
//! administration API, and requests for paths that do not exist.
//!
//! INVARIANT: no secret, and no user name that might be one.

use super::error::{ApiError, TokenError, TooLarge};
use super::extract::{Authorization, client_address, request_id};
use super::sparing::Sparing;
use super::web::Web;
use crate::domain::refusal::Cause;
use crate::metrics::{Endpoint, Outcome, RequestKind};
use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web::Data;

/// How much of a path is told, characters.
const LONGEST_PATH: usize = 120;

/// Tells of an answer, if it is a refusal that nobody has told of.
pub(super) fn note(answer: &ServiceResponse) {
    let request = answer.request();
    let (Some(error), Some(web)) = (answer.response().error(), request.app_data::<Data<Web>>()) else {
        return;
    };
    match (error.as_error::<TokenError>(), error.as_error::<ApiError>()) {
        (Some(TokenError::Issue(_)), _) => {}
        (Some(error), _) if web.token_paths.has(request.path()) => note_token(web, request, error),
        (Some(TokenError::NotFound), _) => note_elsewhere(web, request),
        (_, Some(ApiError::Unauthorized(refused))) => {
            let account = refused.account().map(ToString::to_string);
            note_api(web, request, refused.cause(), account.as_deref());
        }
        (_, Some(ApiError::HeadTooLarge(TooLarge::Authorization))) => {
            note_api(web, request, Cause::TooLarge, None);
        }
        _ => {}
    }
}

/// How a client presented itself in the header: the scheme, and the user name that it gave.
fn presented(request: &HttpRequest) -> (RequestKind, Option<String>) {
    match Authorization::read(request.headers()) {
        Authorization::Absent => (RequestKind::Anonymous, Some("anonymous".to_owned())),
        Authorization::Basic(credentials) => {
            (RequestKind::Basic, credentials.claimed_user().map(str::to_owned))
        }
        Authorization::Bearer(_) => (RequestKind::Bearer, None),
        Authorization::Malformed => (RequestKind::Other, None),
    }
}

fn address(request: &HttpRequest, web: &Web) -> String {
    client_address(request, web).map_or_else(|| "unknown".to_owned(), |address| address.to_string())
}

/// A request for a token that could not be understood.
fn note_token(web: &Web, request: &HttpRequest, error: &TokenError) {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    // What a POST presents is in its form, which could not be read.
    let (kind, user) = if is_read { presented(request) } else { (RequestKind::Other, None) };
    let cause = error.cause();
    web.metrics.count(RequestKind::Other, Outcome::Invalid);
    web.metrics.count_refusal(Endpoint::Token, cause.counted_as());
    tracing::info!(
        event = "token_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        grant_type = kind.as_str(),
        user,
        address = address(request, web),
        reason = error.to_string(),
    );
}

/// A refused sign-in to the administration API.
fn note_api(web: &Web, request: &HttpRequest, cause: Cause, account: Option<&str>) {
    let (kind, user) = presented(request);
    web.metrics.count_refusal(Endpoint::Api, cause.counted_as());
    tracing::info!(
        event = "api_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        scheme = kind.as_str(),
        user,
        account,
        method = request.method().as_str(),
        path = shown(request.path()),
        address = address(request, web),
    );
}

/// A path for the log, unless a secret might stand in it.
fn shown(path: &str) -> String {
    if path.contains("ptr_") { String::new() } else { path.chars().take(LONGEST_PATH).collect() }
}

fn note_elsewhere(web: &Web, request: &HttpRequest) {
    web.metrics.count_refusal(Endpoint::Elsewhere, Cause::NoTokenPath.counted_as());
    let Some(elsewhere) = request.app_data::<Data<Elsewhere>>() else {
        return;
    };
    let request =
        Last { request_id: request_id(request), path: shown(request.path()), address: address(request, web) };
    elsewhere.0.note(request, Last::tell);
}

/// Requests for paths that do not exist.
#[derive(Default)]
pub(super) struct Elsewhere(Sparing<Last>);

/// The last of several requests.
struct Last {
    request_id: String,
    path: String,
    address: String,
}

impl Last {
    fn tell(&self, count: u64) {
        tracing::info!(
            event = "token_refused",
            request_id = self.request_id,
            cause = Cause::NoTokenPath.as_str(),
            count,
            path = self.path,
            address = self.address,
            reason = TokenError::NotFound.to_string(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_secret_is_not_told() {
        assert_eq!(shown("/v2/ptr_secret"), "");
        assert_eq!(shown(&"/x".repeat(500)).len(), LONGEST_PATH);
    }
}

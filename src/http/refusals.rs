//! Logs and counts refusals. Each refusal has one line, but requests for paths that do not exist share a line a minute.
//!
//! The use case of the token endpoint logs its own refusals (`issue/log.rs`), because it alone knows the requested
//! scopes. The receiver of events does so too (`events/receiver.rs`). This module logs token requests that cannot be
//! read, refused sign-ins to the administration API and on pages, forms that no page of this server sent, API requests
//! with a browser session that the console did not send, devices that get no key, refused revocations, lists and
//! searches with wrong credentials, preflights of browsers for origins that are not listed, and requests for paths that
//! do not exist.
//!
//! INVARIANT: no line contains a secret, or a user name that might be a secret.

use super::cors::preflight_origin;
use super::error::{ApiError, CatalogueRefusal, TokenError, TooLarge};
use super::extract::{Authorization, client_address, request_id};
use super::once_a_minute::{Line, OnceAMinute};
use super::paths::{DEVICE_AUTHORIZATION, DEVICE_TOKEN, REVOKE};
use super::signin::{Cookie, PageError};
use super::web::Web;
use crate::authn::{AuthnError, Throttled};
use crate::catalogue::CatalogueError;
use crate::domain::refusal::Cause;
use crate::manage::ManageError;
use crate::metrics::{Endpoint, Outcome, RequestKind};
use crate::signin::DeviceError;
use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web::Data;

/// The longest part of a path or an origin that is logged, characters.
const LONGEST: usize = 120;

/// Logs and counts an answer, if it is a refusal that this module logs.
pub(super) fn note(answer: &ServiceResponse) {
    let request = answer.request();
    let (Some(error), Some(web)) = (answer.response().error(), request.app_data::<Data<Web>>()) else {
        return;
    };
    let path = request.path();
    if let Some(error) = error.as_error::<PageError>() {
        return note_page(web, request, error);
    }
    if let Some(CatalogueRefusal { error, .. }) = error.as_error() {
        return note_catalogue(web, request, error);
    }
    match (error.as_error::<TokenError>(), error.as_error::<ApiError>()) {
        (Some(TokenError::Issue(_)), _) => {}
        (Some(TokenError::NoSuchMethod(_)), _) if web.token_paths.has(path) && is_preflight(request) => {
            note_preflight(web, request);
        }
        (Some(error), _) if web.token_paths.has(path) => note_token(web, request, error),
        (Some(TokenError::Device(DeviceError::Pending | DeviceError::TooSoon)), _) => {}
        (Some(error), _) if path == DEVICE_AUTHORIZATION || path == DEVICE_TOKEN => {
            note_device(web, request, error);
        }
        (Some(error), _) if path == REVOKE => note_revocation(web, request, error),
        (Some(error @ (TokenError::NotFound(_) | TokenError::NoNames)), _) => {
            note_elsewhere(web, request, error)
        }
        (
            _,
            Some(ApiError::Unauthorized(refused) | ApiError::Manage(ManageError::CurrentPassword(refused))),
        ) => {
            let account = refused.account().map(ToString::to_string);
            let throttled = match refused {
                AuthnError::Throttled(throttled) => Some(*throttled),
                _ => None,
            };
            note_api(web, request, refused.cause(), account.as_deref(), throttled);
        }
        (_, Some(ApiError::Manage(ManageError::Throttled(throttled)))) => {
            note_api(web, request, Cause::Throttled, None, Some(*throttled));
        }
        (_, Some(ApiError::SignedOut)) => note_api(web, request, Cause::RevokedSession, None, None),
        (_, Some(ApiError::Foreign(_) | ApiError::NeedsHttps(_))) => {
            note_api(web, request, Cause::ForeignForm, None, None);
        }
        (_, Some(ApiError::HeadTooLarge(TooLarge::Authorization))) => {
            note_api(web, request, Cause::TooLarge, None, None);
        }
        _ => {}
    }
}

fn is_preflight(request: &HttpRequest) -> bool {
    preflight_origin(request.method(), request.headers()).is_some()
}

/// Returns the form of the credentials in the header, and the user name.
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

/// Notes a request for a token that could not be understood.
fn note_token(web: &Web, request: &HttpRequest, error: &TokenError) {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    // The credentials of a POST are in the form, which perhaps could not be read.
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

/// Notes a preflight for a web page whose origin is not listed.
fn note_preflight(web: &Web, request: &HttpRequest) {
    let origin = preflight_origin(request.method(), request.headers());
    let origin = origin.map(|origin| readable(origin.as_bytes())).unwrap_or_default();
    let cause = Cause::OriginNotListed;
    web.metrics.count_refusal(Endpoint::Token, cause.counted_as());
    tracing::info!(
        event = "token_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        origin,
        path = shown(request.path()),
        address = address(request, web),
        reason = format!(
            "web pages of `{origin}` may not ask here: if they should, list exactly this origin with {}",
            web.cors.setting()
        ),
    );
}

/// Makes a text from outside readable for the log: bounded, and without invisible characters.
fn readable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(LONGEST).flat_map(char::escape_debug).collect()
}

/// Notes a device that gets no key, or cannot begin to wait.
fn note_device(web: &Web, request: &HttpRequest, error: &TokenError) {
    let cause = error.cause();
    web.metrics.count_refusal(Endpoint::Device, cause.counted_as());
    tracing::info!(
        event = "device_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        path = shown(request.path()),
        address = address(request, web),
        reason = error.to_string(),
    );
}

/// Notes a failed request to end a refresh token.
fn note_revocation(web: &Web, request: &HttpRequest, error: &TokenError) {
    let cause = error.cause();
    web.metrics.count_refusal(Endpoint::Revocation, cause.counted_as());
    tracing::info!(
        event = "token_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        path = REVOKE,
        address = address(request, web),
        reason = error.to_string(),
    );
}

/// Notes a refused sign-in to the administration API, a wrong present password at a change of the password, or a
/// request with a browser session that the console did not send over https.
fn note_api(
    web: &Web,
    request: &HttpRequest,
    cause: Cause,
    account: Option<&str>,
    throttled: Option<Throttled>,
) {
    let (kind, user) = match presented(request) {
        (RequestKind::Anonymous, _) if Cookie::Session.is_sent(request.headers()) => {
            (RequestKind::Other, None)
        }
        presented => presented,
    };
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
        by = throttled.map(|throttled| throttled.by.as_str()),
        wait_seconds = throttled.map(|throttled| throttled.seconds),
    );
}

/// Notes a list or a search that was refused because of wrong credentials. Does not note a request without
/// credentials, because its client only gets the challenge.
fn note_catalogue(web: &Web, request: &HttpRequest, error: &CatalogueError) {
    if !matches!(error, CatalogueError::Unknown(_) | CatalogueError::BadToken(_)) {
        return;
    }
    let ((kind, user), cause) = (presented(request), error.cause());
    web.metrics.count_refusal(Endpoint::Catalogue, cause.counted_as());
    tracing::info!(
        event = "catalogue_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        scheme = kind.as_str(),
        user,
        account = error.account().map(ToString::to_string),
        path = shown(request.path()),
        address = address(request, web),
        reason = error.to_string(),
    );
}

/// Notes a refused sign-in on a page, a form that no page of this server sent, or a form of another sign-in or browser.
fn note_page(web: &Web, request: &HttpRequest, error: &PageError) {
    let (cause, account) = match (error.refused_sign_in(), error) {
        (Some(refused), _) => (refused.cause(), refused.account().map(ToString::to_string)),
        (None, PageError::Foreign | PageError::OldForm) => (Cause::ForeignForm, None),
        _ => return,
    };
    web.metrics.count_refusal(Endpoint::Pages, cause.counted_as());
    tracing::info!(
        event = "signin_refused",
        request_id = request_id(request),
        cause = cause.as_str(),
        account,
        path = shown(request.path()),
        address = address(request, web),
    );
}

/// Returns a path for the log, unless the path might contain a secret.
fn shown(path: &str) -> String {
    if path.contains("ptr_") { String::new() } else { path.chars().take(LONGEST).collect() }
}

fn note_elsewhere(web: &Web, request: &HttpRequest, error: &TokenError) {
    web.metrics.count_refusal(Endpoint::Elsewhere, Cause::NoTokenPath.counted_as());
    let Some(elsewhere) = request.app_data::<Data<Elsewhere>>() else {
        return;
    };
    elsewhere.note(Astray {
        request_id: request_id(request),
        path: shown(request.path()),
        address: address(request, web),
        reason: error.to_string(),
    });
}

/// The limit of log lines about requests for paths that do not exist.
pub(super) type Elsewhere = OnceAMinute<Astray>;

/// A request for a path that does not exist: the first, or the last of several within a minute.
pub(super) struct Astray {
    request_id: String,
    path: String,
    address: String,
    reason: String,
}

impl Line for Astray {
    fn tell(&self, count: u64) {
        tracing::info!(
            event = "token_refused",
            request_id = self.request_id,
            cause = Cause::NoTokenPath.as_str(),
            count,
            path = self.path,
            address = self.address,
            reason = self.reason,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_secret_is_not_told() {
        assert_eq!(shown("/v2/ptr_secret"), "");
        assert_eq!(shown(&"/x".repeat(500)).len(), LONGEST);
    }
}

//! What the log and the metrics are told of refusals: one line each.
//!
//! The use case of the token endpoint logs its own refusals (`issue/log.rs`), because only it knows what was asked.
//! This module logs the others: token requests that cannot be read, refused sign-ins to the administration API and on
//! pages, devices that get no key, refused revocations, preflights of browsers for origins that are not listed, and
//! requests for paths that do not exist.
//!
//! INVARIANT: no secret, and no user name that might be one.

use super::cors::preflight_origin;
use super::error::{ApiError, TokenError, TooLarge};
use super::extract::{Authorization, client_address, request_id};
use super::once_a_minute::{Line, OnceAMinute};
use super::paths::{DEVICE_AUTHORIZATION, DEVICE_TOKEN, REVOKE};
use super::signin::{Cookie, PageError};
use super::web::Web;
use crate::authn::{AuthnError, Throttled};
use crate::domain::refusal::Cause;
use crate::manage::ManageError;
use crate::metrics::{Endpoint, Outcome, RequestKind};
use crate::signin::DeviceError;
use actix_web::HttpRequest;
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::web::Data;

/// How much of a path or an origin is told, characters.
const LONGEST: usize = 120;

/// Tells of an answer, if it is a refusal that nobody has told of.
pub(super) fn note(answer: &ServiceResponse) {
    let request = answer.request();
    let (Some(error), Some(web)) = (answer.response().error(), request.app_data::<Data<Web>>()) else {
        return;
    };
    let path = request.path();
    if let Some(error) = error.as_error::<PageError>() {
        return note_page(web, request, error);
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
        (Some(error @ TokenError::NotFound(_)), _) => note_elsewhere(web, request, error),
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

/// A browser that asked ahead for a web page whose origin is not listed.
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

/// A text from outside, for the log: bounded, without characters that nobody can see.
fn readable(text: &[u8]) -> String {
    String::from_utf8_lossy(text).chars().take(LONGEST).flat_map(char::escape_debug).collect()
}

/// A device that gets no key, or cannot begin to wait.
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

/// A request to end a refresh token that could not be carried out.
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

/// A refused sign-in to the administration API.
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

/// A refused sign-in on a page, and a form that was not sent from a page of ours.
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

/// A path for the log, unless a secret might stand in it.
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

/// Requests for paths that do not exist.
pub(super) type Elsewhere = OnceAMinute<Astray>;

/// The last of several requests for paths that do not exist.
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

//! The browser session as the proof of a caller of the administration API. The console signs in with this
//! session.
//!
//! INVARIANT: besides the pages, a browser session proves the caller only at the administration API, and only for a
//! request without `Authorization`. A request that may change something must come from a page of this server.
// SPEC: OWASP ASVS 3.5.1 to 3.5.3.

use super::error::ApiError;
use super::signin::{Cookie, is_from_here};
use super::web::Web;
use crate::authn::Authenticated;
use crate::domain::time::Timestamp;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap};
use actix_web::{HttpMessage, HttpRequest};

/// The header that the console sends with every request. A form cannot send it. A script of another origin can send it
/// only after a preflight, which this server never allows for the administration API.
const FROM_CONSOLE: &str = "x-portreeve-console";
/// The content types that a body may have. A form cannot send any of them.
const CONTENT_TYPES: [&str; 5] = [
    "application/json",
    "application/merge-patch+json",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
];

/// Proves the browser session of a request without `Authorization`. Returns `None` if this server has no
/// console, or if the request has no session cookie and does not come from the console. Fails if browsers
/// keep no cookies at this host, if a request that may write does not come from the console, or if the
/// session is missing, has ended, or cannot be proven now.
pub(super) async fn prove(
    request: &HttpRequest,
    web: &Web,
    now: Timestamp,
) -> Result<Option<Authenticated>, ApiError> {
    let headers = request.headers();
    if !web.console || !(Cookie::Session.is_sent(headers) || headers.contains_key(FROM_CONSOLE)) {
        return Ok(None);
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !web.public_url.keeps_cookies(host) {
        return Err(ApiError::NeedsHttps(web.public_url.setting().to_owned()));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        check_sender(request, web)?;
    }
    let cookie = Cookie::Session.read(headers).ok_or(ApiError::SignedOut)?;
    let proven = web.authn.prove_browser(&cookie, now).await;
    let proven = proven.map_err(ApiError::Unauthorized)?;
    proven.map(Some).ok_or(ApiError::SignedOut)
}

/// Fails unless the console of this server sent the request. The console sends its own header, and gives a
/// body a type that no form can have.
fn check_sender(request: &HttpRequest, web: &Web) -> Result<(), ApiError> {
    let headers = request.headers();
    if !is_from_here(headers, &web.public_url) {
        return Err(ApiError::Foreign("a browser session is good for pages of this server only"));
    }
    if headers.get(FROM_CONSOLE).is_none_or(|value| value != "1") {
        return Err(ApiError::Foreign("with a browser session, send the header `X-Portreeve-Console: 1`"));
    }
    let kind = request.content_type().trim().to_ascii_lowercase();
    if has_body(headers) && !CONTENT_TYPES.contains(&kind.as_str()) {
        return Err(ApiError::Foreign(
            "with a browser session, send JSON or NDJSON, and say so in Content-Type",
        ));
    }
    Ok(())
}

/// Returns true if a request has a body, or names a content type.
// SPEC: RFC 9112 section 6.3.
fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).map(|length| length.as_bytes());
    length.is_some_and(|length| length != b"0")
        || headers.contains_key(header::TRANSFER_ENCODING)
        || headers.contains_key(header::CONTENT_TYPE)
}

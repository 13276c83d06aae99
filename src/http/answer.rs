//! Answers of successful requests. Beside `error.rs`, the only file that names a status.

use super::web::API_ROOT;
use crate::accounts::{Versioned, Written};
use crate::manage::CreatedAccessKey;
use actix_web::HttpResponse;
use actix_web::body::MessageBody;
use actix_web::http::header::{self, ETag, EntityTag, HeaderMap, HeaderName};
use actix_web::web::Bytes;
use futures_util::Stream;
use serde::Serialize;
use std::error::Error;

/// The content type of pages.
pub(super) const HTML: &str = "text/html; charset=utf-8";
/// What a page of signing in may do: show itself, and send its forms to this server.
pub(super) const SIGNIN_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
/// What a page of signing in tells of itself: to this server its origin, which forms need, to others nothing.
// SPEC: the WHATWG's Fetch standard, "append a request `Origin` header": under `no-referrer` it is `null`.
pub(super) const SIGNIN_REFERRER: &str = "same-origin";

fn tag(version: i64) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

/// An object, or 304 when its version is one of those that the client has.
pub(super) fn object<T: Serialize>(found: &Versioned<T>, known: &[i64]) -> HttpResponse {
    if known.contains(&found.version) {
        return HttpResponse::NotModified().insert_header(tag(found.version)).finish();
    }
    HttpResponse::Ok().insert_header(tag(found.version)).json(&found.object)
}

/// The answer to a write: 201 when it made the object, else 200.
pub(super) fn written<T: Serialize>(written: &Written<T>) -> HttpResponse {
    let mut response = if written.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    response.insert_header(tag(written.version)).json(&written.object)
}

/// A value as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> HttpResponse {
    HttpResponse::Ok().json(value)
}

/// A new access key with its secret. `keys` is the path of such keys, below the root of the API.
pub(super) fn created_key(key: &CreatedAccessKey, keys: &str) -> HttpResponse {
    let location = format!("{API_ROOT}{keys}/{}", key.id);
    HttpResponse::Created().insert_header((header::LOCATION, location)).json(key)
}

/// Something new that has no path of its own.
pub(super) fn created<T: Serialize>(made: &T) -> HttpResponse {
    HttpResponse::Created().json(made)
}

/// Success without a body, 204.
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Success without a body, 204, with a cookie.
pub(super) fn gone(cookie: (HeaderName, String)) -> HttpResponse {
    HttpResponse::NoContent().insert_header(cookie).finish()
}

/// Success without a body, 200.
pub(super) fn empty() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// A text of this content type.
pub(super) fn text(content_type: &str, body: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::Ok().content_type(content_type).body(body)
}

/// A body of this content type, sent part by part.
pub(super) fn stream<E: Error + 'static>(
    content_type: &str,
    parts: impl Stream<Item = Result<Bytes, E>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok().content_type(content_type).streaming(parts)
}

/// JSON that every web page may read and caches may keep for five minutes; 304 when the client has it.
pub(super) fn public_json(etag: &str, is_known: bool, body: String) -> HttpResponse {
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, "ETag"));
    if is_known { response.finish() } else { response.content_type("application/json").body(body) }
}

/// Whether the client has a text with this entity tag already.
// SPEC: RFC 9110 section 13.1.2: compared weakly.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    tags.flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// A file of the console.
pub(super) struct ConsoleFile<'a> {
    pub(super) content_type: &'a str,
    /// What the page may do.
    pub(super) policy: &'a str,
    pub(super) etag: &'a str,
    pub(super) is_gzip: bool,
    pub(super) body: Bytes,
}

impl ConsoleFile<'_> {
    /// The file, or 304 when the client has it. A browser asks each time whether it is still the same.
    pub(super) fn answer(self, is_known: bool) -> HttpResponse {
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .insert_header((header::ETAG, self.etag))
            .insert_header((header::VARY, "Accept-Encoding"))
            .insert_header((header::CONTENT_SECURITY_POLICY, self.policy));
        if is_known {
            return response.finish();
        }
        if self.is_gzip {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
        }
        response.content_type(self.content_type).body(self.body)
    }
}

/// A file of a web page, which may do what `policy` says.
pub(super) fn page(content_type: &str, policy: &str, body: Bytes) -> HttpResponse {
    let policy = (header::CONTENT_SECURITY_POLICY, policy);
    HttpResponse::Ok().content_type(content_type).insert_header(policy).body(body)
}

/// Sends the client to another path for good.
pub(super) fn moved(to: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, to)).finish()
}

/// A page of signing in, with a cookie for its forms.
pub(super) fn signin_page(body: String, cookie: Option<(HeaderName, String)>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, SIGNIN_POLICY))
        .insert_header((header::REFERRER_POLICY, SIGNIN_REFERRER));
    cookie.into_iter().for_each(|cookie| _ = response.append_header(cookie));
    response.content_type(HTML).body(body)
}

/// A file that pages of signing in refer to; browsers may keep it for five minutes.
pub(super) fn signin_file(content_type: &str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::CONTENT_SECURITY_POLICY, SIGNIN_POLICY))
        .content_type(content_type)
        .body(body)
}

/// Sends a browser to a page of ours, which it opens by GET.
// SPEC: RFC 9110 section 15.4.4; RFC 9700 section 4.12 on why it must not be 307.
pub(super) fn see_other(to: &str, cookies: impl IntoIterator<Item = (HeaderName, String)>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, to));
    cookies.into_iter().for_each(|cookie| _ = response.append_header(cookie));
    response.finish()
}

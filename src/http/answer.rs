//! Answers of successful requests. Only this file and the files in `error/` choose the statuses of handlers.

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
/// The content type of a script.
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
/// The content type of a style sheet.
pub(super) const STYLE: &str = "text/css; charset=utf-8";
/// The content policy of a sign-in page: the page may load styles and images only from this server, and send its forms
/// only to this server, and no other page may embed it.
pub(super) const SIGNIN_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
/// The referrer policy of a sign-in page. A browser names the page's origin only to this server, because the check of
/// forms needs it.
// SPEC: the WHATWG's Fetch standard, "append a request `Origin` header": under `no-referrer` the header is `null`.
pub(super) const SIGNIN_REFERRER: &str = "same-origin";

fn tag(version: i64) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

/// Answers with a list in the form of registries, with the header `Link` if there is a next page.
pub(super) fn registry_list(next: Option<&str>, body: &serde_json::Value) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header(("Docker-Distribution-Api-Version", "registry/2.0"));
    next.into_iter().for_each(|next| _ = response.insert_header((header::LINK, next)));
    response.json(body)
}

/// Answers with an object, or with 304 if the client already has this version. `known` are the versions that
/// the client has.
pub(super) fn object<T: Serialize>(found: &Versioned<T>, known: &[i64]) -> HttpResponse {
    if known.contains(&found.version) {
        return HttpResponse::NotModified().insert_header(tag(found.version)).finish();
    }
    HttpResponse::Ok().insert_header(tag(found.version)).json(&found.object)
}

/// Answers a write: 201 if the write made the object, else 200.
pub(super) fn written<T: Serialize>(written: &Written<T>) -> HttpResponse {
    let mut response = if written.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    response.insert_header(tag(written.version)).json(&written.object)
}

/// Answers with a value as JSON.
pub(super) fn json<T: Serialize>(value: &T) -> HttpResponse {
    HttpResponse::Ok().json(value)
}

/// Answers with a new access key and its secret. `keys` is the path of the list that contains the key, below the root
/// of the API.
pub(super) fn created_key(key: &CreatedAccessKey, keys: &str) -> HttpResponse {
    let location = format!("{API_ROOT}{keys}/{}", key.id);
    HttpResponse::Created().insert_header((header::LOCATION, location)).json(key)
}

/// Answers with a new object that has no path of its own.
pub(super) fn created<T: Serialize>(made: &T) -> HttpResponse {
    HttpResponse::Created().json(made)
}

/// Answers 204: success without a body.
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// Answers 204, with a header that sets or deletes a cookie.
pub(super) fn gone(cookie: (HeaderName, String)) -> HttpResponse {
    HttpResponse::NoContent().insert_header(cookie).finish()
}

/// Answers 200 without a body.
pub(super) fn empty() -> HttpResponse {
    HttpResponse::Ok().finish()
}

/// Answers with a text of this content type.
pub(super) fn text(content_type: &str, body: impl MessageBody + 'static) -> HttpResponse {
    HttpResponse::Ok().content_type(content_type).body(body)
}

/// Answers with a body of this content type, sent part by part.
pub(super) fn stream<E: Error + 'static>(
    content_type: &str,
    parts: impl Stream<Item = Result<Bytes, E>> + 'static,
) -> HttpResponse {
    HttpResponse::Ok().content_type(content_type).streaming(parts)
}

/// Answers with JSON that every web page may read and caches may keep for five minutes; 304 if the client has it.
pub(super) fn public_json(etag: &str, is_known: bool, body: String) -> HttpResponse {
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"))
        .insert_header((header::ACCESS_CONTROL_EXPOSE_HEADERS, "ETag"));
    if is_known { response.finish() } else { response.content_type("application/json").body(body) }
}

/// Returns true if the client already has the text with this entity tag.
// SPEC: RFC 9110 section 13.1.2: the comparison is weak.
pub(super) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).filter_map(|line| line.to_str().ok());
    tags.flat_map(|line| line.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// A file of a web page.
pub(super) struct PageFile<'a> {
    pub(super) content_type: &'a str,
    /// The content policy of the page.
    pub(super) policy: &'a str,
    pub(super) etag: &'a str,
    pub(super) is_gzip: bool,
    pub(super) body: Bytes,
}

impl PageFile<'_> {
    /// Answers with the file, or with 304 if the client has it. A browser asks each time if its file is still current.
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

/// Sends the client to another path permanently.
pub(super) fn moved(to: &str) -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, to)).finish()
}

/// Answers with a sign-in page, and with a cookie for its forms if there is one.
pub(super) fn signin_page(body: String, cookie: Option<(HeaderName, String)>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_SECURITY_POLICY, SIGNIN_POLICY))
        .insert_header((header::REFERRER_POLICY, SIGNIN_REFERRER));
    cookie.into_iter().for_each(|cookie| _ = response.append_header(cookie));
    response.content_type(HTML).body(body)
}

/// Answers with a file that sign-in pages refer to. Browsers may keep the file for five minutes.
pub(super) fn signin_file(content_type: &str, body: &'static str) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::CONTENT_SECURITY_POLICY, SIGNIN_POLICY))
        .content_type(content_type)
        .body(body)
}

/// Sends a browser to a page of this server or of an identity provider. The browser opens the page by GET.
// SPEC: RFC 9110 section 15.4.4 (status 303). RFC 9700 section 4.12: a 307 would send the form again.
pub(super) fn see_other(to: &str, cookies: impl IntoIterator<Item = (HeaderName, String)>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, to));
    cookies.into_iter().for_each(|cookie| _ = response.append_header(cookie));
    response.finish()
}

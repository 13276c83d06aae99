//! Compresses large lists of the administration API.
//!
//! INVARIANT: only answers to GET are compressed, because they never contain a secret.

use super::gzip::{self, Effort};
use super::web::API_ROOT;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// The smallest size of a list that is compressed, bytes.
const LARGE: usize = 16 * 1024;

/// Returns true for JSON without an `ETag`: lists, and other answers without a version. A compressed object with a
/// version would need an `ETag` of its own.
fn is_list(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json")
        && !headers.contains_key(header::ETAG)
        && !headers.contains_key(header::CONTENT_ENCODING)
}

/// Compresses a large list for a client that accepts gzip.
pub(super) fn smaller(mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    let request = response.request();
    let is_asked = *request.method() == Method::GET && request.path().starts_with(API_ROOT);
    if !is_asked || !response.status().is_success() || !is_list(response.headers()) {
        return response;
    }
    let accepts = gzip::is_accepted(request.headers());
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if !accepts {
        return response;
    }
    response.map_body(|head, body| match body.try_into_bytes() {
        Ok(bytes) if bytes.len() >= LARGE => match gzip::compress(&bytes, Effort::EachTime) {
            Ok(small) => {
                head.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
                BoxBody::new(small)
            }
            Err(_) => BoxBody::new(bytes),
        },
        Ok(bytes) => BoxBody::new(bytes),
        Err(body) => body,
    })
}

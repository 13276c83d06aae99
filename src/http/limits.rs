//! The first steps of every request: size limits, a request id, the headers of every answer, and the log line of a
//! refusal. Also reads bodies within their limits.

use super::answer;
use super::connection::{Sent, UnderWay};
use super::cors::OpenPath;
use super::error::{ApiError, TokenError, TooLarge};
use super::lists;
use super::paths::is_page;
use super::refusals;
use super::signin::PageError;
use super::web::{API_ROOT, RequestId, Web};
use crate::entropy;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, BytesMut, Data, Payload};
use actix_web::{Error, HttpMessage};
use futures_util::StreamExt;
use std::fs::File;
use std::io::{Seek, Write};
use std::time::Duration;

/// The greatest length of the query and of `Authorization`, bytes each.
const LONGEST_HEAD: usize = 16 * 1024;
/// The greatest length of a form, bytes.
pub(super) const LONGEST_FORM: usize = 16 * 1024;
/// The greatest length of a JSON body, bytes.
pub(super) const LONGEST_JSON: usize = 1024 * 1024;
/// The longest time for a whole form or JSON body to arrive. The HTTP library has no such limit.
const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// The greatest length of a file of objects, bytes.
pub(super) const LONGEST_FILE: u64 = 2 * 1024 * 1024 * 1024;
/// The longest time for a whole file to arrive.
const FILE_DEADLINE: Duration = Duration::from_secs(3600);
/// The longest time for the next part of a file to arrive.
const PART_DEADLINE: Duration = Duration::from_secs(30);

/// Refuses oversized heads, answers the preflights of pages that may send their request, and adds the common headers to
/// every answer.
pub(super) async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Sent>, Error> {
    let under_way = UnderWay::begin(&mut request);
    let web = request.app_data::<Data<Web>>();
    let id = new_id(web);
    let open_path = web.and_then(|web| web.cors.open_path(&request, &web.token_paths));
    request.extensions_mut().insert(RequestId(id.clone()));
    let authorization: usize = request.headers().get_all(header::AUTHORIZATION).map(HeaderValue::len).sum();
    let too_large = if request.query_string().len() > LONGEST_HEAD {
        Some(TooLarge::Query)
    } else if authorization > LONGEST_HEAD {
        Some(TooLarge::Authorization)
    } else {
        None
    };
    let mut response = match too_large {
        Some(what) if request.path().starts_with(API_ROOT) => {
            request.error_response(ApiError::HeadTooLarge(what))
        }
        Some(what) if is_page(request.path()) => request.error_response(PageError::HeadTooLarge(what)),
        Some(what) => request.error_response(TokenError::TooLarge(what)),
        None if open_path.as_ref().is_some_and(OpenPath::is_preflight) => {
            request.into_response(answer::no_content())
        }
        None => lists::smaller(next.call(request).await?.map_into_boxed_body()),
    };
    refusals::note(&response);
    complete(response.headers_mut(), &id, under_way.is_https());
    if let Some(path) = open_path {
        path.complete(response.headers_mut());
    }
    Ok(under_way.answer(response))
}

/// Makes the id of a request. Ids sort by time (RFC 9562 section 5.7).
fn new_id(web: Option<&Data<Web>>) -> String {
    let millis = web.map_or(0, |web| web.clock.now().as_micros() / 1000);
    let [random @ .., _, _, _, _, _, _] = entropy::name_bytes().unwrap_or_default();
    let millis = u64::try_from(millis).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

fn complete(headers: &mut HeaderMap, request_id: &str, is_https: bool) {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let same_origin = HeaderValue::from_static("same-origin");
    headers.insert(header::CROSS_ORIGIN_OPENER_POLICY, same_origin.clone());
    // SPEC: the WHATWG's Fetch standard, "cross-origin resource policy check": the check is about resources
    // that pages embed. CORS alone decides about resources that pages fetch, so this header does not close
    // the paths that `cors.rs` opens.
    headers.insert(header::CROSS_ORIGIN_RESOURCE_POLICY, same_origin);
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    if !headers.contains_key(header::REFERRER_POLICY) {
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// The reason why a body could not be read.
#[derive(Debug, Clone, Copy)]
pub(super) enum BodyError {
    TooLarge,
    TooSlow,
    Broken,
}

/// Reads a whole body within its limits. Works with and without `Content-Length`.
// INTEROP: containers/image posts its form chunked.
pub(super) async fn read_body(payload: Payload, limit: usize) -> Result<Bytes, BodyError> {
    match tokio::time::timeout(BODY_DEADLINE, payload.to_bytes_limited(limit)).await {
        Err(_) => Err(BodyError::TooSlow),
        Ok(Err(_)) => Err(BodyError::TooLarge),
        Ok(Ok(Err(_))) => Err(BodyError::Broken),
        Ok(Ok(Ok(bytes))) => Ok(bytes),
    }
}

/// Reads a whole body of at most `keep` bytes. Returns `None` for a larger body, after reading it to its end or until
/// more than `most` bytes have arrived.
pub(super) async fn read_or_drain(
    mut payload: Payload,
    keep: usize,
    most: usize,
    deadline: Duration,
) -> Result<Option<Bytes>, BodyError> {
    let read = async {
        let (mut body, mut length) = (BytesMut::new(), 0_usize);
        while let Some(part) = payload.next().await {
            let part = part.map_err(|_| BodyError::Broken)?;
            length = length.saturating_add(part.len());
            if length > most {
                return Ok(None);
            }
            if length > keep {
                body = BytesMut::new();
            } else {
                body.extend_from_slice(&part);
            }
        }
        Ok((length <= keep).then(|| body.freeze()))
    };
    match tokio::time::timeout(deadline, read).await {
        Ok(read) => read,
        Err(_) => Err(BodyError::TooSlow),
    }
}

/// Reads a body into a file without a name. The file disappears when it is closed. A transaction that reads
/// the file waits for the disk and not for the client.
pub(super) async fn spool_body(payload: Payload) -> Result<File, BodyError> {
    match tokio::time::timeout(FILE_DEADLINE, spool(payload)).await {
        Ok(result) => result,
        Err(_) => Err(BodyError::TooSlow),
    }
}

async fn spool(mut payload: Payload) -> Result<File, BodyError> {
    let mut file = tempfile::tempfile().map_err(|_| BodyError::Broken)?;
    let mut length: u64 = 0;
    loop {
        let part = tokio::time::timeout(PART_DEADLINE, payload.next()).await;
        let part = match part.map_err(|_| BodyError::TooSlow)? {
            None => break,
            Some(part) => part.map_err(|_| BodyError::Broken)?,
        };
        length = length.saturating_add(u64::try_from(part.len()).unwrap_or(u64::MAX));
        if length > LONGEST_FILE {
            return Err(BodyError::TooLarge);
        }
        // The write does not block for long: parts are small, and the system writes them to the disk later.
        file.write_all(&part).map_err(|_| BodyError::Broken)?;
    }
    file.rewind().map_err(|_| BodyError::Broken)?;
    Ok(file)
}

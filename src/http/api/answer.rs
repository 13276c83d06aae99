//! What the administration API answers with.

use super::request::Conditions;
use crate::manage::{CreatedAccessKey, Versioned, Written};
use actix_web::HttpResponse;
use actix_web::http::header::{self, ETag, EntityTag};
use serde::Serialize;

fn tag(version: i64) -> ETag {
    ETag(EntityTag::new_strong(version.to_string()))
}

/// An object, or 304 when the client has it already.
pub(super) fn one<T: Serialize>(found: &Versioned<T>, conditions: &Conditions) -> HttpResponse {
    if conditions.known.contains(&found.version) {
        return HttpResponse::NotModified().insert_header(tag(found.version)).finish();
    }
    HttpResponse::Ok().insert_header(tag(found.version)).json(&found.object)
}

/// The answer to a write: 201 when it made the object, else 200.
pub(super) fn written<T: Serialize>(written: &Written<T>) -> HttpResponse {
    let mut response = if written.created { HttpResponse::Created() } else { HttpResponse::Ok() };
    response.insert_header(tag(written.version)).json(&written.object)
}

/// Anything else that is to be shown.
pub(super) fn shown<T: Serialize>(what: &T) -> HttpResponse {
    HttpResponse::Ok().json(what)
}

/// A new access key, whose secret is shown once. `keys` is where keys of its kind are.
pub(super) fn made(key: &CreatedAccessKey, keys: &str) -> HttpResponse {
    let place = format!("{}{keys}/{}", super::ROOT, key.id);
    HttpResponse::Created().insert_header((header::LOCATION, place)).json(key)
}

/// Done, and nothing to show.
pub(super) fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

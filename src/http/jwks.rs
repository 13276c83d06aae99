//! `GET /.well-known/jwks.json`: the public keys that tokens are signed with (RFC 7517).

use super::Web;
use super::error::TokenError;
use super::extract::Parameters;
use super::openapi::JwksQuery;
use crate::domain::service::ServiceName;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

/// Publishes the keys that tokens are signed with (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", operation_id = "getKeys", params(JwksQuery), responses((status = 200, content_type = "application/json", body = Object), (status = 304)), security(()))]
pub(super) async fn answer(web: web::Data<Web>, request: HttpRequest) -> Result<HttpResponse, TokenError> {
    let query = Parameters::parse(request.query_string().as_bytes());
    let keyring = web.signing_keys.keyring().load();
    let jwks = if let Some(name) = query.text("service")? {
        let snapshot = web.snapshots.current();
        let service = ServiceName::parse(name).ok().and_then(|name| snapshot.services.get(&name));
        keyring.jwks_for(service.ok_or(TokenError::UnknownService)?)
    } else {
        keyring.jwks().clone()
    };
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh =
        known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == jwks.etag || tag.trim() == "*"));
    let mut response = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::ETAG, jwks.etag.as_str()))
        .insert_header((header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    if fresh {
        return Ok(response.finish());
    }
    Ok(response.content_type("application/json").body(jwks.body))
}

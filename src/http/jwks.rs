//! `GET /.well-known/jwks.json`: the public keys that tokens are signed with (RFC 7517).

use super::answer;
use super::error::TokenError;
use super::extract::Parameters;
use super::openapi::JwksQuery;
use super::web::Web;
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
    let is_known =
        known.is_some_and(|tags| tags.split(',').any(|tag| tag.trim() == jwks.etag || tag.trim() == "*"));
    Ok(answer::public_json(&jwks.etag, is_known, jwks.body))
}

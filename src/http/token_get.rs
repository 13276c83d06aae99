//! `GET /token`: Basic or anonymous.
// SPEC: distribution's "Token Authentication Specification", section "Requesting a Token".

use super::Web;
use super::error::TokenError;
use super::extract::{Authorization, Parameters, client_address, request_id};
use super::metrics::count_invalid;
use super::openapi::TokenQuery;
use crate::domain::service::ClientId;
use crate::issue::{IssuedToken, Presented, TokenRequest};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

/// Issues a token for Basic credentials, or for nobody.
#[utoipa::path(get, path = "/token", tag = "tokens", operation_id = "getToken", params(TokenQuery), responses((status = 200)), security((), ("basic" = [])))]
pub(super) async fn answer(web: web::Data<Web>, request: HttpRequest) -> Result<HttpResponse, TokenError> {
    count_invalid(&web, issue(&web, &request).await)
}

async fn issue(web: &Web, request: &HttpRequest) -> Result<HttpResponse, TokenError> {
    let query = Parameters::parse(request.query_string().as_bytes());
    // `account` is what the client says about itself; it is never trusted.
    query.bytes("account")?;
    let asked = TokenRequest {
        presented: match Authorization::read(request.headers()) {
            Authorization::Absent => Presented::Nothing,
            Authorization::Basic(credentials) => Presented::Login(credentials),
            Authorization::Bearer(_) | Authorization::Malformed => Presented::Unusable,
        },
        service: query.text("service")?.map(str::to_owned),
        scopes: query.scopes()?,
        offline: query.text("offline_token")? == Some("true"),
        client_id: ClientId::new(query.text("client_id")?.unwrap_or_default()),
        grant_type: "basic",
        address: client_address(request, web),
        request_id: request_id(request),
    };
    let issued = web.issuer.issue(asked, web.clock.now()).await?;
    Ok(HttpResponse::Ok().json(body(&issued)))
}

/// The answer without `scope`.
// INTEROP: docker and containerd read access_token, containers/image and oci-client token; both
// are the same. No issued_at: skewed clocks make docker ask again for every call.
pub(super) fn body(issued: &IssuedToken) -> serde_json::Value {
    let mut body = json!({
        "token": issued.token,
        "access_token": issued.token,
        "expires_in": issued.expires_in,
    });
    if let (Some(secret), Some(object)) = (&issued.refresh_token, body.as_object_mut()) {
        object.insert("refresh_token".to_owned(), json!(secret.expose()));
    }
    body
}

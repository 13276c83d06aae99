//! `GET /token`: with Basic, with an access key by Bearer, or anonymous.
// SPEC: distribution's "Token Authentication Specification", section "Requesting a Token".

use super::answer;
use super::error::TokenError;
use super::extract::{Authorization, Parameters, bearer, client_address, request_id};
use super::web::Web;
use crate::authn::Presented;
use crate::domain::refusal::Cause;
use crate::domain::service::ClientId;
use crate::issue::{IssuedToken, TokenRequest};
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

/// Issues a token for Basic credentials, for an access key, or without credentials.
pub(super) async fn answer(web: web::Data<Web>, request: HttpRequest) -> Result<HttpResponse, TokenError> {
    let query = Parameters::parse(request.query_string().as_bytes());
    // `account` is the client's own claim. It is only checked for repetition, and never trusted.
    query.bytes("account")?;
    let asked = TokenRequest {
        presented: match Authorization::read(request.headers()) {
            Authorization::Absent => Presented::Nothing,
            Authorization::Basic(credentials) => Presented::Login(credentials),
            Authorization::Bearer(text) => bearer(&text).map_or_else(Presented::Unusable, Presented::Machine),
            Authorization::Malformed => Presented::Unusable(Cause::MalformedAuthorization),
        },
        service: query.text("service")?.map(str::to_owned),
        scopes: query.scopes()?,
        // A HEAD gets no refresh token: the client would not see it, and it would remain valid.
        offline: query.text("offline_token")? == Some("true") && request.method() != Method::HEAD,
        client_id: ClientId::new(query.text("client_id")?.unwrap_or_default()),
        grant_type: None,
        address: client_address(&request, &web),
        request_id: request_id(&request),
    };
    let issued = web.issuer.issue(asked, web.clock.now()).await?;
    Ok(answer_with(&issued, false))
}

/// Answers with a token. The answer to a POST also contains the granted `scope`.
// INTEROP: docker and containerd read access_token; containers/image and oci-client read token. Both contain the same
// token. There is no issued_at: with a skewed clock, docker would ask again for every call.
pub(super) fn answer_with(issued: &IssuedToken, with_scope: bool) -> HttpResponse {
    // A token is long, and contains no character that JSON must escape (RFC 7515 section 2). Two searches for such
    // characters would be a large part of the whole work.
    let token = &issued.token;
    let mut body = String::with_capacity(token.len() * 2 + 256);
    for part in ["{\"token\":\"", token, "\",\"access_token\":\"", token, "\",\"expires_in\":"] {
        body.push_str(part);
    }
    body.push_str(&issued.expires_in.to_string());
    if let Some(secret) = &issued.refresh_token {
        put_text(&mut body, "refresh_token", secret.expose());
    }
    if with_scope {
        put_text(&mut body, "scope", &issued.granted.to_string());
    }
    body.push('}');
    answer::text("application/json", body)
}

/// Appends another field to a JSON object.
fn put_text(body: &mut String, field: &str, text: &str) {
    body.push_str(&format!(",\"{field}\":{}", serde_json::Value::from(text)));
}

//! `GET /.well-known/jwks.json`: the public halves of the next, signing and retired keys (RFC 7517).

use super::answer;
use super::error::TokenError;
use super::extract::Parameters;
use super::openapi::{Operation, any_object, header_reference, json, success};
use super::web::Web;
use crate::domain::service::ServiceName;
use actix_web::{HttpRequest, HttpResponse, web};
use utoipa::IntoParams;

/// The query of the key set.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes what `extract::Parameters` reads")]
struct JwksQuery {
    /// The name of an existing service.
    #[param(example = "registry")]
    service: Option<String>,
}

pub(super) fn describe() -> Operation {
    let keys = json(success("200"), any_object()).header_ref("ETag", header_reference("KeysETag"));
    let summary = "Publishes the keys that tokens are signed with (RFC 7517).";
    Operation::outside("tokens", "getKeys", summary)
        .unchecked_query::<JwksQuery>()
        .answers_with("200", keys)
        .answers_not_modified("KeysETag")
        .fails("400", "the service is given twice")
        .fails("404", "there is no such service")
}

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
    let is_known = answer::is_known(request.headers(), &jwks.etag);
    Ok(answer::public_json(&jwks.etag, is_known, jwks.body))
}

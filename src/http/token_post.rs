//! `POST /token`: OAuth2 `grant_type=password` and `refresh_token`.
// SPEC: distribution's "Oauth2 Token Authentication"; RFC 6749 sections 4.3 and 6.
// INTEROP: containerd, BuildKit and helm send every password this way first.

use super::error::{TokenError, TooLarge};
use super::extract::{Parameters, client_address, request_id};
use super::limits::{BodyError, LONGEST_FORM, read_body};
use super::token_get::answer_with;
use super::web::Web;
use crate::authn::{Credentials, Presented};
use crate::domain::refusal::Cause;
use crate::domain::secret::{MachineCredential, Password};
use crate::domain::service::ClientId;
use crate::issue::{GrantType, TokenRequest};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};

/// Issues a token for a password or a refresh token.
pub(super) async fn answer(
    web: web::Data<Web>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, TokenError> {
    let form = read_form(&request, payload).await?;
    let form = form.over(Parameters::parse(request.query_string().as_bytes()));
    let grant_type = match form.text("grant_type")? {
        None | Some("") => return Err(TokenError::Missing("grant_type")),
        Some(text) => GrantType::parse(text).ok_or(TokenError::UnsupportedGrant)?,
    };
    let presented = match grant_type {
        GrantType::Password => password(&form)?,
        GrantType::RefreshToken => refresh_token(&form)?,
    };
    let asked = TokenRequest {
        presented,
        service: form.text("service")?.map(str::to_owned),
        scopes: form.scopes()?,
        offline: form.text("access_type")? == Some("offline") || form.text("offline_token")? == Some("true"),
        client_id: ClientId::new(form.text("client_id")?.unwrap_or_default()),
        grant_type: Some(grant_type),
        address: client_address(&request, &web),
        request_id: request_id(&request),
    };
    let issued = web.issuer.issue(asked, web.clock.now()).await?;
    Ok(answer_with(&issued, true))
}

/// Reads a form, with or without a charset in its content type, chunked or not.
pub(super) async fn read_form(
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<Parameters, TokenError> {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::NotAForm);
    }
    let bytes = read_body(payload, LONGEST_FORM).await.map_err(|error| match error {
        BodyError::TooLarge => TokenError::TooLarge(TooLarge::Body),
        BodyError::TooSlow => TokenError::TooSlow,
        BodyError::Broken => TokenError::BrokenBody,
    })?;
    Ok(Parameters::parse(&bytes))
}

fn password(form: &Parameters) -> Result<Presented, TokenError> {
    let user = form.text("username")?.ok_or(TokenError::Missing("username"))?;
    let password = form.bytes("password")?.ok_or(TokenError::Missing("password"))?;
    Ok(Presented::Login(Credentials { user: user.to_owned(), password: Password::new(password) }))
}

/// Parses a refresh token, or an access key that a client keeps as its identity token.
fn refresh_token(form: &Parameters) -> Result<Presented, TokenError> {
    let text = form.text("refresh_token")?.ok_or(TokenError::Missing("refresh_token"))?;
    Ok(match MachineCredential::parse(text) {
        Some(credential) => Presented::Machine(credential),
        None => Presented::Unusable(Cause::of_foreign_credential(text)),
    })
}

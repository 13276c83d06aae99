//! `POST /oauth2/revoke`: ends a refresh token (RFC 7009).

use super::answer;
use super::error::TokenError;
use super::extract::{client_address, request_id};
use super::token_post::read_form;
use super::web::Web;
use crate::accounts::WriteError;
use crate::domain::change::{Actor, Origin};
use crate::manage::ManageError;
use actix_web::{HttpRequest, HttpResponse, web};

/// Ends a refresh token (RFC 7009).
///
/// The token itself is proof enough. The answer for an unknown token is 200 as well.
pub(super) async fn answer(
    web: web::Data<Web>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, TokenError> {
    let form = read_form(&request, payload).await?;
    let token = form.text("token")?.ok_or(TokenError::Missing("token"))?;
    let origin =
        Origin::new(Actor::Anonymous, client_address(&request, &web), request_id(&request), web.clock.now());
    match web.administration.revoke_presented(origin, token).await {
        Ok(()) => Ok(answer::empty()),
        Err(ManageError::Write(WriteError::Invalid(_))) => Err(TokenError::UnsupportedToken),
        Err(error) => Err(TokenError::Unavailable(error)),
    }
}

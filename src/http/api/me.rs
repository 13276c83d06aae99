//! `/me`: the caller's own account.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::request::{JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, post_, put_};
use crate::manage::{
    AccessKey, Account, CreatedAccessKey, KeyFields, List, ListQuery, PasswordChange, RefreshTokenObject,
};
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn account() -> Vec<Verb> {
    vec![get_(__path_describe, describe)]
}

pub(super) fn password() -> Vec<Verb> {
    vec![put_(__path_change_password, change_password)]
}

pub(super) fn keys() -> Vec<Verb> {
    vec![get_(__path_list_keys, list_keys), post_(__path_create_key, create_key)]
}

pub(super) fn key() -> Vec<Verb> {
    vec![delete_(__path_revoke_key, revoke_key)]
}

pub(super) fn sessions() -> Vec<Verb> {
    vec![get_(__path_list_sessions, list_sessions)]
}

pub(super) fn session() -> Vec<Verb> {
    vec![delete_(__path_revoke_session, revoke_session)]
}

/// Shows the own account.
#[utoipa::path(get, path = "/me", tag = "me", operation_id = "getMe", responses((status = 200, body = Account)))]
async fn describe(who: SignedIn) -> HttpResponse {
    answer::json(&who.0.describe())
}

/// Changes the own password.
#[utoipa::path(put, path = "/me/password", tag = "me", operation_id = "putMyPassword", request_body = PasswordChange, responses((status = 204)))]
async fn change_password(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    web.administration.change_own_password(&who.0, body.0).await?;
    Ok(answer::no_content())
}

/// Lists the own access keys.
#[utoipa::path(get, path = "/me/access-keys", tag = "me", operation_id = "listMyAccessKeys", params(ListQuery), responses((status = 200, body = List<AccessKey>)))]
async fn list_keys(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_own_keys(&who.0, &query.0).await?;
    Ok(answer::json(&keys))
}

/// Makes an own access key; its secret is shown once.
#[utoipa::path(post, path = "/me/access-keys", tag = "me", operation_id = "createMyAccessKey", request_body = KeyFields, responses((status = 201, body = CreatedAccessKey), (status = 409)))]
async fn create_key(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_own_key(&who.0, body.0).await?;
    Ok(answer::created_key(&key, "/me/access-keys"))
}

/// Revokes an own access key at once.
#[utoipa::path(delete, path = "/me/access-keys/{id}", tag = "me", operation_id = "deleteMyAccessKey", params(("id" = String, Path, format = Uuid)), responses((status = 204), (status = 409)))]
async fn revoke_key(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_key(&who.0, &id).await?;
    Ok(answer::no_content())
}

/// Lists the own refresh tokens.
#[utoipa::path(get, path = "/me/refresh-tokens", tag = "me", operation_id = "listMyRefreshTokens", params(ListQuery), responses((status = 200, body = List<RefreshTokenObject>)))]
async fn list_sessions(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let sessions = web.administration.list_own_sessions(&who.0, &query.0).await?;
    Ok(answer::json(&sessions))
}

/// Revokes an own refresh token at once.
#[utoipa::path(delete, path = "/me/refresh-tokens/{id}", tag = "me", operation_id = "deleteMyRefreshToken", params(("id" = String, Path, format = Uuid)), responses((status = 204)))]
async fn revoke_session(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_session(&who.0, &id).await?;
    Ok(answer::no_content())
}

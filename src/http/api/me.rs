//! `/me`: the caller's own account.

use super::super::Web;
use super::super::error::ApiError;
use super::answer::{done, made, shown};
use super::request::{JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, post_, put_};
use crate::manage::ListQuery;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn account() -> Vec<Verb> {
    vec![get_(describe)]
}

pub(super) fn password() -> Vec<Verb> {
    vec![put_(change_password)]
}

pub(super) fn keys() -> Vec<Verb> {
    vec![get_(list_keys), post_(create_key)]
}

pub(super) fn key() -> Vec<Verb> {
    vec![delete_(revoke_key)]
}

pub(super) fn sessions() -> Vec<Verb> {
    vec![get_(list_sessions)]
}

pub(super) fn session() -> Vec<Verb> {
    vec![delete_(revoke_session)]
}

async fn describe(who: SignedIn) -> HttpResponse {
    shown(&who.0.describe())
}

async fn change_password(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    web.administration.change_own_password(&who.0, body.0).await?;
    Ok(done())
}

async fn list_keys(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_own_keys(&who.0, &query.0).await?;
    Ok(shown(&keys))
}

async fn create_key(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_own_key(&who.0, body.0).await?;
    Ok(made(&key))
}

async fn revoke_key(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_key(&who.0, &id).await?;
    Ok(done())
}

async fn list_sessions(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let sessions = web.administration.list_own_sessions(&who.0, &query.0).await?;
    Ok(shown(&sessions))
}

async fn revoke_session(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_session(&who.0, &id).await?;
    Ok(done())
}

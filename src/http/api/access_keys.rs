//! `/users/{name}/access-keys`, `/robots/{name}/access-keys`, `/access-keys/{id}`.

use super::super::Web;
use super::super::error::ApiError;
use super::answer::{done, made, shown};
use super::request::{JsonBody, Parameters, SignedIn};
use super::{Verb, delete_, get_, post_};
use crate::domain::subject::SubjectKind;
use crate::manage::ListQuery;
use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

pub(super) fn of_users() -> Vec<Verb> {
    vec![get_(list_of_user), post_(create_for_user)]
}

pub(super) fn of_robots() -> Vec<Verb> {
    vec![get_(list_of_robot), post_(create_for_robot)]
}

pub(super) fn by_id() -> Vec<Verb> {
    vec![delete_(delete)]
}

async fn list_of_user(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_keys(&who.admin()?, SubjectKind::User, &name, &query.0).await?;
    Ok(shown(&keys))
}

async fn list_of_robot(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Parameters<ListQuery>,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_keys(&who.admin()?, SubjectKind::Robot, &name, &query.0).await?;
    Ok(shown(&keys))
}

async fn create_for_user(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_key(&who.admin()?, SubjectKind::User, &name, body.0).await?;
    Ok(made(&key))
}

async fn create_for_robot(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_key(&who.admin()?, SubjectKind::Robot, &name, body.0).await?;
    Ok(made(&key))
}

async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_key(&who.admin()?, &id).await?;
    Ok(done())
}

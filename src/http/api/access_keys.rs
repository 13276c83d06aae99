//! `/users/{name}/access-keys`, `/robots/{name}/access-keys`, `/access-keys/{id}`.

use super::super::Web;
use super::super::error::ApiError;
use super::{JsonBody, SignedIn};
use crate::domain::subject::SubjectKind;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, Route, web};
use serde_json::json;

pub(super) fn of_users() -> Vec<Route> {
    vec![
        web::get().to(|web, who, name| list(web, who, name, SubjectKind::User)),
        web::post().to(|web, who, name, body| create(web, who, name, body, SubjectKind::User)),
    ]
}

pub(super) fn of_robots() -> Vec<Route> {
    vec![
        web::get().to(|web, who, name| list(web, who, name, SubjectKind::Robot)),
        web::post().to(|web, who, name, body| create(web, who, name, body, SubjectKind::Robot)),
    ]
}

pub(super) fn one() -> Vec<Route> {
    vec![web::delete().to(delete)]
}

async fn list(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    kind: SubjectKind,
) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_keys(&who.admin()?, kind, &name).await?;
    Ok(HttpResponse::Ok().json(json!({"items": keys, "next": null})))
}

async fn create(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
    kind: SubjectKind,
) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_key(&who.admin()?, kind, &name, body.0).await?;
    Ok(HttpResponse::Created().json(key))
}

async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_key(&who.admin()?, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

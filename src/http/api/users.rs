//! `/users/{name}`.

use super::super::Web;
use super::super::error::{ApiError, written};
use super::{Cascade, JsonBody, SignedIn};
use crate::manage::Write;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Route, web};

pub(super) fn routes() -> Vec<Route> {
    vec![web::get().to(get), web::put().to(put), web::patch().to(patch), web::delete().to(delete)]
}

async fn get(web: Data<Web>, who: SignedIn, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let user = web.administration.find_user(&who.admin()?, &name).await?;
    Ok(HttpResponse::Ok().json(user))
}

async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (user, created) = web.administration.write_user(&who.admin()?, &name, Write::Put(body.0)).await?;
    Ok(written(created, &user))
}

async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (user, created) = web.administration.write_user(&who.admin()?, &name, Write::Patch(body.0)).await?;
    Ok(written(created, &user))
}

async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Query<Cascade>,
) -> Result<HttpResponse, ApiError> {
    web.administration.delete_user(&who.admin()?, &name, query.cascade).await?;
    Ok(HttpResponse::NoContent().finish())
}

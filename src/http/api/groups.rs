//! `/groups/{name}`.

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
    let group = web.administration.find_group(&who.admin()?, &name).await?;
    Ok(HttpResponse::Ok().json(group))
}

async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (group, created) = web.administration.write_group(&who.admin()?, &name, Write::Put(body.0)).await?;
    Ok(written(created, &group))
}

async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (group, created) = web.administration.write_group(&who.admin()?, &name, Write::Patch(body.0)).await?;
    Ok(written(created, &group))
}

async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Query<Cascade>,
) -> Result<HttpResponse, ApiError> {
    web.administration.delete_group(&who.admin()?, &name, query.cascade).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn member_routes() -> Vec<Route> {
    vec![web::put().to(put_member), web::delete().to(delete_member)]
}

async fn put_member(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    web.administration.write_member(&who.admin()?, &path.0, &path.1, true).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn delete_member(
    web: Data<Web>,
    who: SignedIn,
    path: Path<(String, String)>,
) -> Result<HttpResponse, ApiError> {
    web.administration.write_member(&who.admin()?, &path.0, &path.1, false).await?;
    Ok(HttpResponse::NoContent().finish())
}

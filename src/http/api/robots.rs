//! `/robots/{name}`.

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
    let robot = web.administration.find_robot(&who.admin()?, &name).await?;
    Ok(HttpResponse::Ok().json(robot))
}

async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (robot, created) = web.administration.write_robot(&who.admin()?, &name, Write::Put(body.0)).await?;
    Ok(written(created, &robot))
}

async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (robot, created) = web.administration.write_robot(&who.admin()?, &name, Write::Patch(body.0)).await?;
    Ok(written(created, &robot))
}

async fn delete(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    query: Query<Cascade>,
) -> Result<HttpResponse, ApiError> {
    web.administration.delete_robot(&who.admin()?, &name, query.cascade).await?;
    Ok(HttpResponse::NoContent().finish())
}

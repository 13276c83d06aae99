//! `/services/{name}`.

use super::super::Web;
use super::super::error::{ApiError, written};
use super::{JsonBody, SignedIn};
use crate::manage::Write;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, Route, web};

pub(super) fn routes() -> Vec<Route> {
    vec![web::get().to(get), web::put().to(put), web::patch().to(patch), web::delete().to(delete)]
}

async fn get(web: Data<Web>, who: SignedIn, name: Path<String>) -> Result<HttpResponse, ApiError> {
    let service = web.administration.find_service(&who.admin()?, &name).await?;
    Ok(HttpResponse::Ok().json(service))
}

async fn put(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (service, created) =
        web.administration.write_service(&who.admin()?, &name, Write::Put(body.0)).await?;
    Ok(written(created, &service))
}

async fn patch(
    web: Data<Web>,
    who: SignedIn,
    name: Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let (service, created) =
        web.administration.write_service(&who.admin()?, &name, Write::Patch(body.0)).await?;
    Ok(written(created, &service))
}

async fn delete(web: Data<Web>, who: SignedIn, name: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.delete_service(&who.admin()?, &name).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! `/refresh-tokens`.

use super::super::Web;
use super::super::error::ApiError;
use super::SignedIn;
use actix_web::web::{Data, Path, Query};
use actix_web::{HttpResponse, Route, web};
use serde::Deserialize;
use serde_json::json;

pub(super) fn all() -> Vec<Route> {
    vec![web::get().to(list)]
}

pub(super) fn one() -> Vec<Route> {
    vec![web::delete().to(delete)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    subject: String,
}

async fn list(web: Data<Web>, who: SignedIn, query: Query<Filter>) -> Result<HttpResponse, ApiError> {
    let sessions = web.administration.list_sessions(&who.admin()?, &query.subject).await?;
    Ok(HttpResponse::Ok().json(json!({"items": sessions, "next": null})))
}

async fn delete(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_session(&who.admin()?, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

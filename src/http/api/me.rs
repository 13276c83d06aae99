//! `/me`: the caller's own account.

use super::super::Web;
use super::super::error::ApiError;
use super::{JsonBody, SignedIn, object};
use actix_web::HttpResponse;
use actix_web::web::{self, Data, Path, ServiceConfig};
use serde_json::json;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(object("/me", vec![web::get().to(describe)]))
        .service(object("/me/password", vec![web::put().to(change_password)]))
        .service(object("/me/access-keys", vec![web::get().to(list_keys), web::post().to(create_key)]))
        .service(object("/me/access-keys/{id}", vec![web::delete().to(revoke_key)]))
        .service(object("/me/refresh-tokens", vec![web::get().to(list_sessions)]))
        .service(object("/me/refresh-tokens/{id}", vec![web::delete().to(revoke_session)]));
}

async fn describe(who: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(who.0.describe())
}

async fn change_password(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    web.administration.change_own_password(&who.0, body.0).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn list_keys(web: Data<Web>, who: SignedIn) -> Result<HttpResponse, ApiError> {
    let keys = web.administration.list_own_keys(&who.0).await?;
    Ok(HttpResponse::Ok().json(json!({"items": keys, "next": null})))
}

async fn create_key(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let key = web.administration.create_own_key(&who.0, body.0).await?;
    Ok(HttpResponse::Created().json(key))
}

async fn revoke_key(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_key(&who.0, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn list_sessions(web: Data<Web>, who: SignedIn) -> Result<HttpResponse, ApiError> {
    let sessions = web.administration.list_own_sessions(&who.0).await?;
    Ok(HttpResponse::Ok().json(json!({"items": sessions, "next": null})))
}

async fn revoke_session(web: Data<Web>, who: SignedIn, id: Path<String>) -> Result<HttpResponse, ApiError> {
    web.administration.revoke_own_session(&who.0, &id).await?;
    Ok(HttpResponse::NoContent().finish())
}

//! `/check`.

use super::super::Web;
use super::super::error::ApiError;
use super::{JsonBody, SignedIn};
use actix_web::HttpResponse;
use actix_web::web::Data;

pub(super) async fn check(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let answer = web.administration.check(&who.admin()?, body.0).await?;
    Ok(HttpResponse::Ok().json(answer))
}

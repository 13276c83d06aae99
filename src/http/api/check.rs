//! `/check`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::web::Web;
use super::request::{JsonBody, SignedIn};
use super::{Verb, post_};
use crate::manage::{CheckAnswer, CheckFields};
use actix_web::HttpResponse;
use actix_web::web::Data;

pub(super) fn ask() -> Vec<Verb> {
    vec![post_(__path_check, check)]
}

/// Tells what would be granted, and why.
#[utoipa::path(post, path = "/check", tag = "policy", operation_id = "check", request_body = CheckFields, responses((status = 200, body = CheckAnswer)))]
async fn check(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let answer = web.administration.check(&who.admin()?, body.0).await?;
    Ok(answer::json(&answer))
}

//! `/check`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation, complete, joined};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{JsonBody, SignedIn};
use crate::domain::policy::{Explanation, Reasons};
use crate::manage::{CheckAnswer, CheckFields};
use actix_web::HttpResponse;
use actix_web::web::Data;
use utoipa::{PartialSchema, ToSchema};

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::post(check, || {
        // The reasons are fields of an explanation, not an object inside it.
        let explanation = joined(&[Explanation::schema(), Reasons::schema()]);
        Operation::allowed("policy", "check", "Tells what would be granted, and why.")
            .takes::<CheckFields>()
            .answers::<CheckAnswer>()
            .schema(&Explanation::name(), complete(explanation))
            .without_schema(&Reasons::name())
            .refuses(&[NOT_FOUND])
    })]
}

async fn check(web: Data<Web>, who: SignedIn, body: JsonBody) -> Result<HttpResponse, ApiError> {
    let answer = web.administration.check(&who.0.admin()?, body.0).await?;
    Ok(answer::json(&answer))
}

//! `/check`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation, complete, joined};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, JsonBody, SignedIn};
use crate::domain::policy::{Explanation, Reasons};
use crate::manage::{CheckAnswer, CheckFields, OwnCheckFields};
use actix_web::HttpResponse;
use actix_web::web::Data;
use utoipa::{PartialSchema, ToSchema};

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::post(check, || {
        let operation = Operation::allowed("policy", "check", "Tells what would be granted, and why.");
        answers_check(operation.takes::<CheckFields>())
    })]
}

pub(super) fn ask_about_me() -> Vec<Verb> {
    vec![Verb::post(check_own, || {
        let operation =
            Operation::allowed("me", "checkMe", "Tells what the caller would be granted, and why.");
        let operation =
            operation.description("From the caller's address and now; names only rules about the caller.");
        answers_check(operation.takes::<OwnCheckFields>())
    })]
}

fn answers_check(operation: Operation) -> Operation {
    // The reasons are fields of an explanation, not an object inside it.
    let explanation = joined(&[Explanation::schema(), Reasons::schema()]);
    operation
        .answers::<CheckAnswer>()
        .schema(&Explanation::name(), complete(explanation))
        .without_schema(&Reasons::name())
        .refuses(&[NOT_FOUND])
}

async fn check(web: Data<Web>, who: SignedIn, body: After<JsonBody>) -> Result<HttpResponse, ApiError> {
    let answer = web.administration.check(&who.0.admin()?, body.open()?.0).await?;
    Ok(answer::json(&answer))
}

async fn check_own(web: Data<Web>, who: SignedIn, body: After<JsonBody>) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    let answer = web.administration.check_own(&who.0, body.open()?.0).await?;
    Ok(answer::json(&answer))
}

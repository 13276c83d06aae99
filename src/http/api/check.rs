//! `/check`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation, complete, joined};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, JsonBody, SignedIn};
use crate::domain::policy::{Explanation, Reasons};
use crate::manage::{CheckAnswer, CheckAnswers, CheckFields, ChecksFields, OwnCheckFields};
use actix_web::HttpResponse;
use actix_web::web::Data;
use utoipa::{PartialSchema, ToSchema};

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::post(check, || {
        let operation = Operation::allowed("policy", "check", "Tells what would be granted, and why.");
        let operation = operation.description(
            "One question, or `{\"questions\": [...]}` with at most 500, which is answered by `{\"answers\": [...]}` in \
             the same order.",
        );
        answers_check(operation.takes_one_of::<CheckFields, ChecksFields>(), true)
    })]
}

pub(super) fn ask_about_me() -> Vec<Verb> {
    vec![Verb::post(check_own, || {
        let operation =
            Operation::allowed("me", "checkMe", "Tells what the caller would be granted, and why.");
        let operation = operation.description(
            "The question is about the caller's address and the present time. The answer names only rules \
                 about the caller.",
        );
        answers_check(operation.takes::<OwnCheckFields>(), false)
    })]
}

fn answers_check(operation: Operation, or_many: bool) -> Operation {
    // The schema of an answer has the reasons as fields of the explanation, not as an object inside it.
    let explanation = joined(&[Explanation::schema(), Reasons::schema()]);
    let operation = match or_many {
        true => operation.answers_one_of::<CheckAnswer, CheckAnswers>(),
        false => operation.answers::<CheckAnswer>(),
    };
    operation
        .schema(&Explanation::name(), complete(explanation))
        .without_schema(&Reasons::name())
        .refuses(&[NOT_FOUND])
}

async fn check(web: Data<Web>, who: SignedIn, body: After<JsonBody>) -> Result<HttpResponse, ApiError> {
    let (admin, body) = (who.0.admin()?, body.open()?.0);
    if body.get("questions").is_some() {
        return Ok(answer::json(&web.administration.check_many(&admin, body).await?));
    }
    Ok(answer::json(&web.administration.check(&admin, body).await?))
}

async fn check_own(web: Data<Web>, who: SignedIn, body: After<JsonBody>) -> Result<HttpResponse, ApiError> {
    who.0.unrestricted()?;
    let answer = web.administration.check_own(&who.0, body.open()?.0).await?;
    Ok(answer::json(&answer))
}

//! `/who-can`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn, flag};
use crate::domain::policy::Holder;
use crate::manage::{List, SubjectHolder, WhoCanQuery};
use actix_web::HttpResponse;
use actix_web::web::Data;
use utoipa::ToSchema;

/// The entries of the answer: selectors, or subjects with `expand`.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what is answered")]
enum Holders {
    Selectors(List<Holder>),
    Subjects(List<SubjectHolder>),
}

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::get(who_can, || {
        Operation::allowed("policy", "whoCan", "Lists who may do something, and by which rule.")
            .query::<WhoCanQuery>()
            .answers::<Holders>()
            .refuses(&[NOT_FOUND])
    })]
}

async fn who_can(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<WhoCanQuery>>,
) -> Result<HttpResponse, ApiError> {
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    if flag("expand", query.expand.as_deref(), false)? {
        Ok(answer::json(&web.administration.who_can_by_subject(&admin, &query).await?))
    } else {
        Ok(answer::json(&web.administration.who_can(&admin, &query).await?))
    }
}

//! `/suggestions`: rights that nobody used.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::{NOT_FOUND, Operation};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn};
use crate::manage::{SuggestionQuery, SuggestionsAnswer};
use actix_web::HttpResponse;
use actix_web::web::Data;

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::get(suggest, || {
        let summary = "Suggests rights to take away, because nobody used them for 90 days.";
        Operation::allowed("usage", "listSuggestions", summary)
            .description(
                "Each suggestion has the object after the change, as `apply` takes it. The server tested each \
                 suggestion, and all suggestions together, against all uses that registries reported: every reported \
                 use that the rules grant now stays granted. Nothing is suggested about a rule for a service that has \
                 reported for fewer than 30 days, or whose registry is silent.",
            )
            .query::<SuggestionQuery>()
            .answers::<SuggestionsAnswer>()
            .refuses(&[NOT_FOUND])
    })]
}

async fn suggest(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<SuggestionQuery>>,
) -> Result<HttpResponse, ApiError> {
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    Ok(answer::json(&web.administration.suggestions(&admin, &query).await?))
}

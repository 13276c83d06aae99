//! `/openapi.json`: the description of the API itself.

use super::super::{answer, openapi};
use super::{Verb, get_};
use actix_web::HttpResponse;

pub(super) fn document() -> Vec<Verb> {
    vec![get_(__path_describe, describe)]
}

/// Describes the whole API.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "description",
    operation_id = "getDescription",
    responses((status = 200, body = Object)),
    security(())
)]
async fn describe() -> HttpResponse {
    answer::text("application/json", openapi::text())
}

//! `/openapi.json`: the description of the API itself.

use super::super::answer;
use super::super::openapi::{Document, Operation};
use super::super::verb::Verb;
use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};

pub(super) fn document() -> Vec<Verb> {
    vec![Verb::get(describe, || {
        Operation::open("description", "getDescription", "Describes the whole API.").answers_any_object("200")
    })]
}

async fn describe(document: Data<Document>) -> HttpResponse {
    answer::text("application/json", Bytes::clone(&document))
}

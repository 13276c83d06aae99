//! `/changes`: the audit trail.

use super::super::answer;
use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn};
use crate::domain::change::ChangeRecord;
use crate::manage::{ChangeQuery, Trail};
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

const NDJSON: &str = "application/x-ndjson";

pub(super) fn all() -> Vec<Verb> {
    vec![Verb::get(list, || {
        Operation::allowed("audit", "listChanges", "Reads the audit trail.")
            .query::<ChangeQuery>()
            .lists::<ChangeRecord>()
            .answers_text(NDJSON)
    })]
}

async fn list(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<ChangeQuery>>,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let (admin, query) = (who.0.admin()?, query.open()?.0);
    if !accept.unwrap_or_default().contains(NDJSON) {
        return Ok(answer::json(&web.administration.list_changes(&admin, &query).await?));
    }
    let trail = web.administration.walk_changes(&admin, &query)?;
    Ok(answer::stream(NDJSON, lines(web, trail)))
}

/// Writes the records of the trail, one on each line. After an error in the middle, the answer ends without
/// its regular end, so that no client takes it for the whole trail.
fn lines(web: Data<Web>, trail: Trail) -> impl stream::Stream<Item = Result<Bytes, ApiError>> {
    stream::try_unfold((web, trail), |(web, mut trail)| async move {
        let records = web.administration.next_changes(&mut trail).await?;
        if records.is_empty() {
            return Ok(None);
        }
        let mut chunk = Vec::new();
        for record in &records {
            serde_json::to_writer(&mut chunk, record).map_err(|error| ApiError::broken(&error))?;
            chunk.push(b'\n');
        }
        Ok(Some((Bytes::from(chunk), (web, trail))))
    })
}

//! `/apply`.

use super::super::Web;
use super::super::error::ApiError;
use super::super::limits::{BodyError, spool_body};
use super::answer::shown;
use super::request::{Parameters, SignedIn, content_type, flag};
use super::{Verb, post_};
use crate::manage::{ApplyOptions, Format};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

pub(super) fn all() -> Vec<Verb> {
    vec![post_(apply)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    dry_run: Option<String>,
    prune: Option<String>,
    owner: Option<String>,
}

async fn apply(
    web: Data<Web>,
    who: SignedIn,
    query: Parameters<Options>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let admin = who.admin()?;
    let options = ApplyOptions {
        dry_run: flag("dry_run", query.0.dry_run.as_deref(), false)?,
        prune: flag("prune", query.0.prune.as_deref(), false)?,
        owner: query.0.owner,
    };
    let format = match content_type(&request).as_str() {
        "application/yaml" | "application/x-yaml" | "text/yaml" => Format::Yaml,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Format::Ndjson,
        _ => return Err(ApiError::NotObjects),
    };
    let spool = spool_body(payload).await.map_err(|error| match error {
        BodyError::TooLarge => ApiError::FileTooLarge,
        BodyError::TooSlow => ApiError::TooSlow,
        BodyError::Broken => ApiError::MalformedJson("it broke off".to_owned()),
    })?;
    let plan = web.administration.apply(&admin, options, format, spool).await?;
    Ok(shown(&plan))
}

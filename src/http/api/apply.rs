//! `/apply`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::limits::{BodyError, spool_body};
use super::super::openapi::{Operation, text};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{After, Parameters, SignedIn, content_type, flag};
use crate::manage::{ApplyOptions, Format, Plan};
use actix_web::dev::Payload;
use actix_web::web::{self, Data};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::IntoParams;

pub(super) fn all() -> Vec<Verb> {
    vec![Verb::post(apply, || {
        let summary = "Writes the objects of a file, all of them or none.";
        Operation::allowed("policy", "apply", summary)
            .query::<Options>()
            .takes_as(&["application/yaml", "application/x-ndjson"], &text())
            .answers::<Plan>()
            .conflicts()
    })]
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Options {
    /// Only report the changes, without making them.
    #[param(value_type = Option<bool>, default = false, example = true)]
    dry_run: Option<String>,
    /// Also delete each object of the owner that is missing in the file, if the file contains other objects
    /// of its kind. Needs `owner`.
    #[param(value_type = Option<bool>, default = false, example = false)]
    prune: Option<String>,
    /// The owner of the objects. It becomes their `managed_by`.
    #[param(min_length = 1, max_length = 255, pattern = "^[ -~]+$", example = "git")]
    owner: Option<String>,
}

async fn apply(
    web: Data<Web>,
    who: SignedIn,
    query: After<Parameters<Options>>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    who.0.admin()?;
    let query = query.open()?.0;
    let options = ApplyOptions {
        dry_run: flag("dry_run", query.dry_run.as_deref(), false)?,
        prune: flag("prune", query.prune.as_deref(), false)?,
        owner: query.owner,
    };
    // A file may contain passwords and make administrators, so it needs a recent sign-in.
    if !options.dry_run {
        who.0.fresh()?;
    }
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
    // The file may have taken long to arrive, so the caller's rights are checked again.
    let admin = SignedIn::from_request(&request, &mut Payload::None).await?.0.admin()?;
    let plan = web.administration.apply(&admin, options, format, spool).await?;
    Ok(answer::json(&plan))
}

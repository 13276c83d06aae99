//! `/preview`.

use super::super::answer;
use super::super::error::ApiError;
use super::super::limits::{BodyError, LONGEST_JSON, read_body};
use super::super::openapi::{Operation, any_objects};
use super::super::verb::Verb;
use super::super::web::Web;
use super::request::{SignedIn, content_type, parse_json};
use crate::manage::{Format, Plan, Previewed};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::post(preview, || {
        let summary =
            "Tells what applying some objects would change. Writes nothing, and waits for no writer.";
        Operation::allowed("policy", "preview", summary)
            .description(
                "One object or a list of them as JSON, or a file of them as NDJSON or YAML: rules, groups, users \
                 and robots, each with `kind` and `name`. At most 1,000 objects and 1 MiB. An error in a single JSON \
                 object names the field. Other errors also name the document: `document 2: names[0]`.",
            )
            .takes_as(&["application/json"], &any_objects())
            .takes_text_as(&["application/x-ndjson", "application/yaml"])
            .answers::<Plan>()
            .conflicts()
    })]
}

async fn preview(
    web: Data<Web>,
    who: SignedIn,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    let format = match content_type(&request).as_str() {
        "application/json" => None,
        "application/yaml" | "application/x-yaml" | "text/yaml" => Some(Format::Yaml),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Some(Format::Ndjson),
        _ => return Err(ApiError::NotPreviewed),
    };
    let body = read_body(payload, LONGEST_JSON).await.map_err(|error| match error {
        BodyError::TooLarge => ApiError::TooLarge,
        BodyError::TooSlow => ApiError::TooSlow,
        BodyError::Broken => ApiError::MalformedJson("it broke off".to_owned()),
    })?;
    let objects = match format {
        None => Previewed::Json(parse_json(&body)?),
        Some(format) => Previewed::File(body.to_vec(), format),
    };
    Ok(answer::json(&web.administration.preview(&admin, objects).await?))
}

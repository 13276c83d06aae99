//! `POST /events/{service}`: receives the events of a registry.
//!
//! INVARIANT: content is never refused, and no answer redirects. A registry repeats refused events for ever and sends
//! no other events meanwhile. It follows a redirect with a GET without a body, and takes the 200 for an
//! acknowledgement. So a GET is answered with 405.
// SPEC: distribution "Work with notifications".

use super::answer;
use super::error::ApiError;
use super::extract::{Authorization, Parameters, bearer, client_address};
use super::limits::{BodyError, read_or_drain};
use super::openapi::{Operation, success};
use super::verb::Verb;
use super::web::Web;
use crate::authn::Presented;
use crate::domain::events::LARGEST_ENVELOPE;
use crate::domain::refusal::Cause;
use crate::domain::secret::MachineCredential;
use crate::domain::service::ServiceName;
use crate::events::{Arrival, ReceiveError};
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use std::time::Duration;
use tokio::time::Instant;
use utoipa::openapi::security::SecurityRequirement;

/// The most bytes of a too large body that the server reads, so that the registry receives the answer.
const DRAINED: usize = 16 * 1024 * 1024;
/// The longest time for a body to arrive. A body occupies memory that other reports wait for.
const BODY_DEADLINE: Duration = Duration::from_secs(2);
/// The greatest length of the name of an endpoint, bytes.
const LONGEST_SENDER: usize = 64;

/// Returns the methods of the path.
pub(super) fn verbs() -> Vec<Verb> {
    vec![Verb::post(receive, describe)]
}

fn describe() -> Operation {
    Operation::receives("events", "reportEvents", "Receives the events of a registry: pulls, pushes, deletions.")
        .description(
            "The body is an envelope of events as distribution sends it. 200 means that its usable events are committed, or that the service records no events. \
             Events that cannot be read or used are counted, and the answer is 200 too. A rule must grant the \
             owner of the credentials `push` on `registry:events` of the service. If a registry has several \
             endpoints, each needs a name: `?sender=NAME`.",
        )
        .security(SecurityRequirement::new("basic", [""; 0]))
        .security(SecurityRequirement::new("bearer", [""; 0]))
        .path::<ServiceName>("service")
        .takes_anything("application/vnd.docker.distribution.events.v2+json")
        .answers_with("200", success("200"))
}

async fn receive(
    web: Data<Web>,
    request: HttpRequest,
    service: Path<String>,
    payload: Payload,
) -> Result<HttpResponse, ApiError> {
    let arrival = Arrival {
        service: service.into_inner(),
        presented: presented(request.headers()),
        sender: sender(&request),
        address: client_address(&request, &web),
        began: Instant::now(),
        now: web.clock.now(),
    };
    let admitted = web.events.admit(arrival).await?;
    let room = web.events.room(&admitted, length(request.headers())).await?;
    let body =
        read_or_drain(payload, LARGEST_ENVELOPE, DRAINED, BODY_DEADLINE).await.map_err(
            |error| match error {
                // The registry has gone, or sends the report again.
                BodyError::TooSlow | BodyError::Broken | BodyError::TooLarge => ReceiveError::Busy,
            },
        )?;
    web.events.receive(&admitted, body.as_deref(), room).await?;
    Ok(answer::empty())
}

/// Returns the credentials that the registry presents.
// INTEROP: Harbor's webhooks send the text of a field as the whole header.
fn presented(headers: &HeaderMap) -> Presented {
    match Authorization::read(headers) {
        Authorization::Absent => Presented::Nothing,
        Authorization::Basic(credentials) => Presented::Login(credentials),
        Authorization::Bearer(text) => bearer(&text).map_or_else(Presented::Unusable, Presented::Machine),
        Authorization::Malformed => bare_key(headers).map_or_else(Presented::Unusable, Presented::Machine),
    }
}

/// Parses an access key without a scheme.
fn bare_key(headers: &HeaderMap) -> Result<MachineCredential, Cause> {
    let malformed = Cause::MalformedAuthorization;
    let mut all = headers.get_all(header::AUTHORIZATION);
    let (Some(value), None) = (all.next(), all.next()) else { return Err(malformed) };
    match value.to_str().ok().and_then(|text| MachineCredential::parse(text.trim())) {
        Some(key @ MachineCredential::AccessKey(_)) => Ok(key),
        _ => Err(malformed),
    }
}

/// Returns the name of the endpoint. A text that cannot be a name is left out, because a wrong name must not
/// stop a report.
fn sender(request: &HttpRequest) -> String {
    let query = Parameters::parse(request.query_string().as_bytes());
    let text = query.text("sender").ok().flatten().unwrap_or_default();
    let fits = text.len() <= LONGEST_SENDER && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { text.to_owned() } else { String::new() }
}

/// Returns the length of the body that the registry announces.
fn length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

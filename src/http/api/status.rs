//! `/status`.

use super::super::error::ApiError;
use super::super::openapi::Operation;
use super::super::verb::Verb;
use super::super::web::Web;
use super::super::{answer, warnings};
use super::request::SignedIn;
use crate::manage::{CertificateStatus, Status, Surroundings};
use actix_web::HttpResponse;
use actix_web::web::Data;

/// The age, in seconds, up to which the status shows refused reports of registries.
const REFUSED_SECONDS: i64 = 3600;

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::get(show, || {
        Operation::allowed("status", "getStatus", "Shows the state of the server and of its environment.")
            .answers::<Status>()
    })]
}

async fn show(web: Data<Web>, who: SignedIn) -> Result<HttpResponse, ApiError> {
    let admin = who.0.admin()?;
    let now = web.clock.now();
    let tls = web.tls.as_ref().map(|tls| CertificateStatus {
        used_for: "tls",
        not_before: tls.begin(),
        not_after: tls.end(),
    });
    let warnings = web.started.warnings.iter().cloned().chain(warnings::at(&web, now)).collect();
    let refused_reports = web.events.refused_since(now.plus_seconds(-REFUSED_SECONDS));
    let surroundings = Surroundings { started_at: web.started.at, now, tls, warnings, refused_reports };
    Ok(answer::json(&web.administration.status(&admin, surroundings).await?))
}

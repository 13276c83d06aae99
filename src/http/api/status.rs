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

pub(super) fn ask() -> Vec<Verb> {
    vec![Verb::get(show, || {
        Operation::allowed("status", "getStatus", "Tells how the server is, and what it works with.")
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
    let surroundings = Surroundings { started_at: web.started.at, now, tls, warnings };
    Ok(answer::json(&web.administration.status(&admin, surroundings).await?))
}

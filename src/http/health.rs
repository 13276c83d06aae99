//! Health: alive, and ready to issue tokens.

use super::openapi::{Operation, any_object, json, response};
use super::web::Web;
use super::{answer, error, warnings};
use actix_web::{HttpResponse, web};
use std::sync::atomic::Ordering;

pub(super) fn describe_live() -> Operation {
    Operation::outside("health", "isLive", "Tells that the process answers.").answers_any_object("200")
}

pub(super) fn describe_ready() -> Operation {
    Operation::outside("health", "isReady", "Tells whether tokens can be issued.")
        .description(
            "200 if the policy in memory is fresh enough, and the server is not stopping. Otherwise 503.",
        )
        .answers_any_object("200")
        .answers_with("503", json(response("503", "refused"), any_object()))
}

pub(super) async fn live() -> HttpResponse {
    answer::json(&serde_json::json!({"status": "live"}))
}

pub(super) async fn ready(web: web::Data<Web>) -> HttpResponse {
    let warnings = warnings::at(&web, web.clock.now());
    let warnings: Vec<String> = warnings.into_iter().map(|warning| warning.message).collect();
    let reason = if web.stopping.load(Ordering::Acquire) {
        Some("stopping".to_owned())
    } else {
        web.snapshots.fresh().err().map(|error| error.to_string())
    };
    match reason {
        None => answer::json(&serde_json::json!({"status": "ready", "warnings": warnings})),
        Some(reason) => error::not_ready(
            &serde_json::json!({"status": "not ready", "reason": reason, "warnings": warnings}),
        ),
    }
}

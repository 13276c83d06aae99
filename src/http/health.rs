//! Health: alive, and ready to issue tokens.

use super::{Web, error};
use actix_web::{HttpResponse, web};
use serde_json::json;
use std::sync::atomic::Ordering;

/// The process answers.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "live"}))
}

/// The policy is fresh enough to decide from, and the server is not about to stop.
pub(super) async fn ready(web: web::Data<Web>) -> HttpResponse {
    let now = web.clock.now();
    let warnings = web.keyring.load().warnings(now);
    let reason = if web.stopping.load(Ordering::Acquire) {
        Some("stopping".to_owned())
    } else {
        web.snapshots.fresh().err().map(|error| error.to_string())
    };
    match reason {
        None => HttpResponse::Ok().json(json!({"status": "ready", "warnings": warnings})),
        Some(reason) => {
            error::not_ready(&json!({"status": "not ready", "reason": reason, "warnings": warnings}))
        }
    }
}

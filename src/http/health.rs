//! Health: alive, and ready to issue tokens.

use super::web::Web;
use super::{answer, error};
use crate::snapshot::Freshness;
use actix_web::{HttpResponse, web};
use serde_json::json;
use std::sync::atomic::Ordering;

/// Tells that the process answers.
#[utoipa::path(get, path = "/health/live", tag = "health", operation_id = "isLive", responses((status = 200, body = Object)), security(()))]
pub(super) async fn live() -> HttpResponse {
    answer::json(&json!({"status": "live"}))
}

/// Tells whether tokens can be issued.
///
/// The policy is fresh enough to decide from, and the server is not about to stop.
#[utoipa::path(get, path = "/health/ready", tag = "health", operation_id = "isReady", responses((status = 200, body = Object), (status = 503, body = Object)), security(()))]
pub(super) async fn ready(web: web::Data<Web>) -> HttpResponse {
    let now = web.clock.now();
    let snapshot = web.snapshots.current();
    let mut warnings = web.signing_keys.warnings(now);
    let keyring = web.signing_keys.keyring().load();
    let unsigned = snapshot.services.values().filter_map(|service| keyring.signer_for(service).err());
    warnings.extend(unsigned.map(|error| error.to_string()));
    warnings.extend(web.tls.iter().flat_map(|tls| tls.warnings(now)));
    if web.snapshots.freshness() == Freshness::Stale {
        warnings.push("the database does not answer: only who was proven before is served".to_owned());
    }
    let reason = if web.stopping.load(Ordering::Acquire) {
        Some("stopping".to_owned())
    } else {
        web.snapshots.fresh().err().map(|error| error.to_string())
    };
    match reason {
        None => answer::json(&json!({"status": "ready", "warnings": warnings})),
        Some(reason) => {
            error::not_ready(&json!({"status": "not ready", "reason": reason, "warnings": warnings}))
        }
    }
}

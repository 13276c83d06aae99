//! Health: alive, and ready to issue tokens.

use super::openapi::{Operation, any_object, json, response};
use super::web::Web;
use super::{answer, error};
use crate::snapshot::Freshness;
use actix_web::{HttpResponse, web};
use std::sync::atomic::Ordering;

pub(super) fn describe_live() -> Operation {
    Operation::outside("health", "isLive", "Tells that the process answers.").answers_any_object("200")
}

pub(super) fn describe_ready() -> Operation {
    Operation::outside("health", "isReady", "Tells whether tokens can be issued.")
        .description("The policy is fresh enough to decide from, and the server is not about to stop.")
        .answers_any_object("200")
        .answers_with("503", json(response("503", "refused"), any_object()))
}

pub(super) async fn live() -> HttpResponse {
    answer::json(&serde_json::json!({"status": "live"}))
}

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
        None => answer::json(&serde_json::json!({"status": "ready", "warnings": warnings})),
        Some(reason) => error::not_ready(
            &serde_json::json!({"status": "not ready", "reason": reason, "warnings": warnings}),
        ),
    }
}

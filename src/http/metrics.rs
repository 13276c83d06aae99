//! `GET /metrics`, for Prometheus.

use super::answer;
use super::openapi::Operation;
use super::web::Web;
use crate::metrics::State;
use crate::snapshot::Freshness;
use actix_web::{HttpResponse, web};
use std::sync::atomic::Ordering;

pub(super) fn describe() -> Operation {
    Operation::outside("health", "metrics", "Shows the metrics, as Prometheus text.")
        .answers_text("text/plain")
}

pub(super) async fn answer(web: web::Data<Web>) -> HttpResponse {
    let counted = web.authn.cache_counts();
    let caches = counted.map(|(cache, counts)| {
        (cache, counts.hits.load(Ordering::Relaxed), counts.misses.load(Ordering::Relaxed))
    });
    let snapshot = web.snapshots.current();
    let freshness = web.snapshots.freshness();
    let (idle, busy, most) = web.store.connections();
    let keyring = web.signing_keys.keyring().load();
    let certificates = keyring
        .endings()
        .iter()
        .filter(|ending| matches!(ending.role, "ca" | "signing"))
        .map(|ending| (ending.role, ending.ends_at.as_seconds()));
    let tls = web.tls.iter().map(|tls| ("tls", tls.end().as_seconds()));
    let state = State {
        caches: caches.collect(),
        hash_queue: web.authn.passwords().queue(),
        rules: snapshot.policy.len(),
        build: web.snapshots.build(),
        feed_seq: snapshot.seq(),
        feed_lag: web.snapshots.lag(),
        feed_states: Freshness::ALL.iter().map(|(state, name)| (*name, *state == freshness)).collect(),
        feed_breaks: web.snapshots.breaks(),
        statements: web.store.statements(),
        connections: (idle, busy),
        most_connections: most,
        certificates: certificates.chain(tls).collect(),
        clients: (web.doors.open(), web.doors.most()),
        cut: web.doors.record().cuts(),
        turned_away: web.doors.record().refusals(),
        clock_steps: web.steps.counts(),
        events_waiting: web.events.waiting(),
    };
    answer::text("text/plain; version=0.0.4; charset=utf-8", web.metrics.render(&state))
}

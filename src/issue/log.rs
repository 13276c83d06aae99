//! The one log event of a decision.
//!
//! INVARIANT: no secret, and no user name that might be one.

use super::error::IssueError;
use super::request::{Presented, TokenRequest};
use crate::authn::{Authenticated, Proof};
use crate::domain::access::Access;
use crate::domain::as_read::AsRead;
use crate::domain::dropped::dropped;
use crate::domain::policy::{Explanation, Question};
use crate::snapshot::Snapshot;

/// How many refused actions an event explains, and how many malformed scopes and actions.
const MOST_REASONS: usize = 8;

/// A token that was issued, and what led to it.
pub(super) struct Issued<'a> {
    pub(super) request: &'a TokenRequest,
    pub(super) snapshot: &'a Snapshot,
    pub(super) question: &'a Question<'a>,
    /// The request as it was sent and as it was read.
    pub(super) asked: &'a AsRead<'a>,
    /// `None` for anonymous.
    pub(super) who: Option<&'a Authenticated>,
    pub(super) granted: &'a Access,
    pub(super) is_complete: bool,
    pub(super) kid: &'a str,
    pub(super) jti: &'a str,
}

/// Logs a token that was issued, and why it grants less than was asked.
pub(super) fn issued(told: &Issued<'_>) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let Issued { request, question, granted, .. } = told;
    let why = (!told.is_complete).then(|| denial(told.snapshot, question, told.asked));
    let address = request.address.map(|address| address.to_string());
    let subject = question.subject.identity.as_ref().map(ToString::to_string);
    tracing::info!(
        event = "token_issued",
        request_id = request.request_id,
        grant_type = request.kind().as_str(),
        subject = subject.as_deref().unwrap_or("anonymous"),
        proof = proof(told.who),
        service = question.service.as_str(),
        requested = request.scopes.to_string(),
        read = told.asked.is_wider().then(|| told.asked.scopes().to_string()),
        granted = granted.to_string(),
        denied = why.as_deref(),
        kid = told.kid,
        jti = told.jti,
        client_id = request.client_id.as_str(),
        address = address.as_deref().unwrap_or("unknown"),
    );
}

/// Logs a request that gets no token.
pub(super) fn refused(request: &TokenRequest, error: &IssueError) {
    if !tracing::enabled!(tracing::Level::INFO) {
        return;
    }
    let address = request.address.map(|address| address.to_string());
    let account = match error {
        IssueError::Refused { error, .. } | IssueError::ProviderSilent(error) => {
            error.account().map(ToString::to_string)
        }
        _ => None,
    };
    let throttled = match error {
        IssueError::Throttled(throttled) => Some(throttled),
        _ => None,
    };
    tracing::info!(
        event = "token_refused",
        request_id = request.request_id,
        cause = error.cause().as_str(),
        grant_type = request.kind().as_str(),
        user = claimed_user(&request.presented),
        account,
        service = request.service.as_deref().unwrap_or_default(),
        requested = request.scopes.to_string(),
        client_id = request.client_id.as_str(),
        address = address.as_deref().unwrap_or("unknown"),
        by = throttled.map(|throttled| throttled.by.as_str()),
        wait_seconds = throttled.map(|throttled| throttled.seconds),
        reason = error.to_string(),
    );
}

/// Why something was not granted, for the log.
fn denial(snapshot: &Snapshot, question: &Question<'_>, asked: &AsRead<'_>) -> String {
    let scopes = asked.scopes();
    let is_implied = |one: &Explanation| asked.is_implied(&one.resource_type, &one.name, &one.action);
    let mut reasons: Vec<String> = snapshot
        .policy
        .brief(question)
        .filter(|one| !one.granted && !is_told_by_its_parts(one) && !is_implied(one))
        .take(MOST_REASONS)
        .map(|explanation| explanation.to_string())
        .collect();
    if scopes.has_dropped() {
        reasons.extend(dropped(scopes).iter().take(MOST_REASONS).map(ToString::to_string));
    }
    reasons.join("; ")
}

fn proof(who: Option<&Authenticated>) -> String {
    match who.map(|who| &who.proof) {
        None => "none".to_owned(),
        Some(Proof::Password) => "password".to_owned(),
        Some(Proof::AccessKey(id)) => format!("access_key {id}"),
        Some(Proof::RefreshToken(id)) => format!("refresh_token {id}"),
        Some(Proof::Browser(_)) => "browser_session".to_owned(),
    }
}

/// A `*` on a repository is told as `delete`, `pull` and `push`: who holds these lacks nothing.
fn is_told_by_its_parts(explanation: &Explanation) -> bool {
    explanation.action.is_every() && explanation.resource_type.is_repository()
}

/// The user name that a refused client gave.
fn claimed_user(presented: &Presented) -> Option<&str> {
    match presented {
        Presented::Login(credentials) => credentials.claimed_user(),
        Presented::Nothing => Some("anonymous"),
        Presented::Machine(_) | Presented::Unusable(_) => None,
    }
}

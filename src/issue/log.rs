//! The one log event of each decision.
//!
//! INVARIANT: the event contains no secret, and no user name that might be a secret.

use super::error::IssueError;
use super::request::TokenRequest;
use crate::authn::{Authenticated, Presented, Proof};
use crate::domain::access::Access;
use crate::domain::as_read::AsRead;
use crate::domain::dropped::dropped;
use crate::domain::policy::{Explanation, Question};
use crate::snapshot::Snapshot;

/// The greatest number of refused actions that an event explains. It is also the greatest number of malformed scopes
/// and actions in an event.
const MOST_REASONS: usize = 8;

/// An issued token, with everything that its log event names.
pub(super) struct Issued<'a> {
    pub(super) request: &'a TokenRequest,
    pub(super) snapshot: &'a Snapshot,
    pub(super) question: &'a Question<'a>,
    /// The requested scopes, as sent and as read for the service.
    pub(super) asked: &'a AsRead<'a>,
    /// The authenticated client; `None` for anonymous.
    pub(super) who: Option<&'a Authenticated>,
    pub(super) granted: &'a Access,
    pub(super) is_complete: bool,
    pub(super) kid: &'a str,
    pub(super) jti: &'a str,
}

/// Logs an issued token, and the reasons why it grants less than was requested.
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

/// Logs a request that is refused.
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

/// Returns the reasons why actions were not granted, and the malformed scopes and actions, for the log.
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
        Some(Proof::Server) => "server".to_owned(),
    }
}

/// Returns true for a `*` on a repository. Its parts `delete`, `pull` and `push` are logged instead.
fn is_told_by_its_parts(explanation: &Explanation) -> bool {
    explanation.action.is_every() && explanation.resource_type.is_repository()
}

/// Returns the user name that a refused client gave, `anonymous` for a client without credentials, or the
/// robot of a crawl. Returns `None` for credentials without a user name, and for a
/// name that might be a secret.
fn claimed_user(presented: &Presented) -> Option<&str> {
    match presented {
        Presented::Login(credentials) => credentials.claimed_user(),
        Presented::Nothing => Some("anonymous"),
        Presented::Server(robot) => Some(robot.as_str()),
        Presented::Machine(_) | Presented::Unusable(_) => None,
    }
}

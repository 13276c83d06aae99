//! What the log and the metrics are told of sign-ins: one line each. Refused ones are told in `../refusals.rs`.
//!
//! INVARIANT: no code, no cookie, no token.

use super::visitor::Visitor;
use crate::domain::refusal::Cause;
use crate::domain::subject::SubjectRef;
use crate::metrics::Endpoint;
use crate::storage::FlowOutcome;

/// Somebody signed in. `how` is a word of a fixed list: `password`, or the kind of a provider.
pub(in crate::http) fn signed_in(visitor: &Visitor, subject: &SubjectRef, how: &'static str) {
    visitor.web.metrics.count_sign_in(how);
    tracing::info!(
        event = "signed_in",
        request_id = visitor.request_id,
        subject = %subject,
        how,
        address = visitor.address(),
    );
}

/// Somebody could not sign in with a provider: the cause is a word of a fixed list, and `reason` says more where there is
/// more, and holds nothing secret.
pub(in crate::http) fn refused(visitor: &Visitor, provider: &str, cause: &'static str, reason: Option<&str>) {
    tracing::info!(
        event = "signin_refused",
        request_id = visitor.request_id,
        cause,
        provider,
        reason,
        address = visitor.address(),
    );
}

/// Somebody typed a code that no device waits under.
pub(super) fn wrong_code(visitor: &Visitor) {
    visitor.web.metrics.count_refusal(Endpoint::Device, Cause::UnknownDeviceCode.counted_as());
    let subject = visitor.who.as_ref().map(|who| who.found.row.subject.to_string());
    tracing::info!(
        event = "device_code_wrong",
        request_id = visitor.request_id,
        subject,
        address = visitor.address(),
    );
}

/// Somebody approved or refused a device, which calls itself `device`.
pub(super) fn decided(visitor: &Visitor, subject: &SubjectRef, outcome: FlowOutcome, device: &str) {
    let outcome: &'static str = outcome.into();
    tracing::info!(
        event = "device_decided",
        request_id = visitor.request_id,
        subject = %subject,
        outcome,
        device,
        address = visitor.address(),
    );
}

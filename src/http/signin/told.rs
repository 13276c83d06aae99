//! Logs sign-ins, failed sign-ins with an identity provider, wrong codes of devices, and decisions about devices, with
//! one line for each. `../refusals.rs` logs the other refused sign-ins.
//!
//! INVARIANT: no line contains a code, a cookie or a token.

use super::visitor::Visitor;
use crate::domain::refusal::Cause;
use crate::domain::subject::SubjectRef;
use crate::metrics::Endpoint;
use crate::storage::FlowOutcome;

/// Counts and logs a sign-in. `how` is a word of a fixed list: `password`, `invitation`, or the kind of a
/// provider.
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

/// Logs a failed sign-in with a provider. `cause` is a word of a fixed list. `reason` is the text of the
/// error, which contains no secret.
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

/// Counts and logs that a person typed a code for which no device is waiting.
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

/// Logs that a person approved or refused a device. `device` is the name that the device gave itself.
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

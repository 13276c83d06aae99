//! What the log and the metrics are told of sign-ins: one line each. Refused ones are told in `../refusals.rs`.
//!
//! INVARIANT: no code, no cookie, no token.

use super::visitor::Visitor;
use crate::domain::subject::SubjectRef;

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

/// Somebody could not sign in with a provider. `reason` holds nothing secret.
pub(in crate::http) fn refused(visitor: &Visitor, provider: &str, reason: &str) {
    tracing::info!(
        event = "sign_in_refused",
        request_id = visitor.request_id,
        provider,
        reason,
        address = visitor.address(),
    );
}

//! The statuses and codes of refusals to devices.

use crate::domain::refusal::Cause;
use crate::signin::DeviceError;
use actix_web::http::StatusCode;

/// Returns the status and the codes for a device that gets no key.
// SPEC: RFC 8628 section 3.5.
pub(super) fn codes(error: &DeviceError) -> (StatusCode, &'static str, &'static str) {
    let bad = |oauth| (StatusCode::BAD_REQUEST, "UNSUPPORTED", oauth);
    match error {
        DeviceError::Pending => bad("authorization_pending"),
        DeviceError::TooSoon => bad("slow_down"),
        DeviceError::Denied | DeviceError::Key(_) => bad("access_denied"),
        DeviceError::Expired => bad("expired_token"),
        DeviceError::Unknown => bad("invalid_grant"),
        DeviceError::NoEntropy(_) => (StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN", "server_error"),
        DeviceError::Store(_) | DeviceError::NotInForce(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "temporarily_unavailable")
        }
    }
}

/// Returns the cause, for the log and the metrics.
pub(super) fn cause(error: &DeviceError) -> Cause {
    match error {
        DeviceError::Unknown | DeviceError::Expired => Cause::UnknownDeviceCode,
        DeviceError::Denied | DeviceError::Key(_) => Cause::RefusedDevice,
        DeviceError::Pending | DeviceError::TooSoon => Cause::PendingDevice,
        DeviceError::NoEntropy(_) => Cause::Failed,
        DeviceError::Store(_) | DeviceError::NotInForce(_) => Cause::Unavailable,
    }
}

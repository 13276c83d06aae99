//! The status of refused reports of registries. A report is never refused for its content.

use super::sign_in::sign_in_status;
use crate::events::ReceiveError;
use actix_web::http::StatusCode;

/// Returns the status for a report that is not accepted. The registry sends the report again.
pub(super) fn events_status(error: &ReceiveError) -> StatusCode {
    match error {
        ReceiveError::Unknown(error) => sign_in_status(error),
        ReceiveError::NotAllowed(_) => StatusCode::UNAUTHORIZED,
        ReceiveError::UnknownService => StatusCode::NOT_FOUND,
        ReceiveError::Busy | ReceiveError::TooStale(_) | ReceiveError::Store(_) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Returns the code by which programs distinguish the refusals of reports.
pub(super) fn events_code(error: &ReceiveError) -> Option<&'static str> {
    matches!(error, ReceiveError::NotAllowed(_) | ReceiveError::UnknownService)
        .then(|| error.cause().as_str())
}

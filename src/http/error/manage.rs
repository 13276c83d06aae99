//! The statuses of refusals by the use cases of the administration.

use crate::accounts::WriteError;
use crate::manage::ManageError;
use crate::storage::StoreError;
use actix_web::http::StatusCode;

pub(super) fn manage_status(error: &ManageError) -> StatusCode {
    match error {
        ManageError::Write(error) => write_status(error),
        ManageError::NotAdministrator | ManageError::SignInAgain | ManageError::Forbidden(_) => {
            StatusCode::FORBIDDEN
        }
        ManageError::NoBrowserSession | ManageError::NoRepository { .. } => StatusCode::NOT_FOUND,
        ManageError::CurrentPassword(_) => StatusCode::UNPROCESSABLE_ENTITY,
        ManageError::Busy
        | ManageError::TooManyPreviews
        | ManageError::TooManySuggestions
        | ManageError::TooManyLists
        | ManageError::NoEvents
        | ManageError::NotInForce(_) => StatusCode::SERVICE_UNAVAILABLE,
        ManageError::Throttled(_) => StatusCode::TOO_MANY_REQUESTS,
        ManageError::NoSecret | ManageError::Spool(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

fn write_status(error: &WriteError) -> StatusCode {
    match error {
        WriteError::NotFound { .. } => StatusCode::NOT_FOUND,
        WriteError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        WriteError::Conflict(_) | WriteError::NamedByRules { .. } => StatusCode::CONFLICT,
        WriteError::Stale { .. } => StatusCode::PRECONDITION_FAILED,
        WriteError::Store(StoreError::Conflict) => StatusCode::CONFLICT,
        WriteError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

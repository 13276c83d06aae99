//! Refused reports of registries as errors of the administration API.

use super::ApiError;
use crate::events::ReceiveError;

impl From<ReceiveError> for ApiError {
    fn from(error: ReceiveError) -> Self {
        Self::Events(error)
    }
}

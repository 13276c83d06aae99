//! The periods of suggestions.

use crate::domain::time::Timestamp;

/// The length of the period whose use is checked, days.
const PERIOD_DAYS: i64 = 90;
/// The number of days for which the use must be known. A younger rule, account, group or service is not judged.
pub(super) const LEAST_DAYS: i64 = 30;
pub(super) const DAY_SECONDS: i64 = 86_400;

/// The times of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// The time of the request.
    pub(super) now: Timestamp,
    /// The beginning of the period whose use is checked.
    pub(super) since: Timestamp,
    /// A rule, an account, a group or a service that changed after this time is not judged.
    pub(super) judged: Timestamp,
    /// A robot that did not sign in since this time is stale. A key that nobody used since this time is stale.
    pub(super) stale: Timestamp,
}

impl Times {
    /// Returns the times of a request at `now`. `kept_days` is the number of days for which use is kept.
    pub(super) fn of(now: Timestamp, kept_days: i64) -> Self {
        let ago = |days: i64| now.plus_seconds(-days * DAY_SECONDS);
        Self { now, since: ago(kept_days.min(PERIOD_DAYS)), judged: ago(LEAST_DAYS), stale: ago(PERIOD_DAYS) }
    }
}

//! The days and months of the usage counts, in UTC, as texts that sort by time.

use crate::domain::time::Timestamp;
use std::fmt;

/// A day in UTC, as `YYYY-MM-DD`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(String);

impl Day {
    /// Returns the day that contains a time.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        // A time is written in UTC by RFC 3339, so its text begins with the date.
        Self(at.to_string().chars().take(10).collect())
    }

    /// Returns the day as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the month of a day, as `YYYY-MM`.
#[must_use]
pub fn month_of(day: &str) -> &str {
    day.get(..7).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_in_utc() {
        let at = |text: &str| Day::of(Timestamp::parse(text).unwrap()).to_string();
        assert_eq!(at("2026-11-29T23:59:59.999999Z"), "2026-11-29");
        assert_eq!(at("2026-11-30T00:00:00Z"), "2026-11-30");
        assert_eq!(at("2026-11-30T01:00:00+02:00"), "2026-11-29");
        assert_eq!(month_of("2026-11-29"), "2026-11");
        assert_eq!(month_of("2026-11"), "2026-11");
    }
}

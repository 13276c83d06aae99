//! Times as pages write them: to the minute, in UTC.

use crate::domain::time::Timestamp;
use std::fmt;

/// A time, shown as `2030-01-31 12:00 UTC`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        match (text.get(..10), text.get(11..16)) {
            (Some(day), Some(minute)) => write!(f, "{day} {minute} UTC"),
            _ => f.write_str(&text),
        }
    }
}

/// A day, shown as `2030-01-31`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Day(pub(super) Timestamp);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        f.write_str(text.get(..10).unwrap_or(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_for_people() {
        let at = Timestamp::parse("2030-01-31T13:05:59.5+01:00").unwrap();
        assert_eq!(Moment(at).to_string(), "2030-01-31 12:05 UTC");
        assert_eq!(Day(at).to_string(), "2030-01-31");
    }
}

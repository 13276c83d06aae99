//! The period of a query about events.

use super::day::{Day, month_of};
use crate::domain::invalid::FieldErrors;
use crate::domain::time::Timestamp;

/// The length of a period without a given beginning, seconds.
const DEFAULT_SECONDS: i64 = 30 * 86_400;
const DAY_SECONDS: i64 = 86_400;

/// A period. It includes its beginning but not its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The beginning of the period.
    pub from: Timestamp,
    /// The end of the period, which the period does not include.
    pub until: Timestamp,
}

/// The first and the last day of a period, and the month of the first day, as texts that sort by time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// The first day of the period.
    pub first: String,
    /// The last day of the period.
    pub last: String,
    /// The month of the first day. The usage of that day may be stored only as part of its month.
    pub month: String,
}

/// An error: the text is neither a time nor a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither a day nor a time: write for example 2030-01-31, or 2030-01-31T12:00:00Z as in RFC 3339"
)]
pub struct NeitherDayNorTime(String);

/// Parses a time, or a day in UTC, which means the beginning of the day. The second value is true for a day.
fn parse(text: &str) -> Result<(Timestamp, bool), NeitherDayNorTime> {
    let is_day = text.len() == 10;
    let whole = if is_day { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let refused = |_| NeitherDayNorTime(text.chars().take(64).collect());
    Ok((Timestamp::parse(&whole).map_err(refused)?, is_day))
}

impl Period {
    /// Parses the parameters `from` and `to`, each a time or a day in UTC, and adds their faults to `errors`.
    /// If `to` is a day, the period includes that day; if `to` is a time, the period ends there. Without `to`
    /// the period has no end. Without `from` the period covers the 30 days before its end, or before `now`.
    pub fn parse(errors: &mut FieldErrors, from: Option<&str>, to: Option<&str>, now: Timestamp) -> Self {
        let from = from.and_then(|text| errors.keep("from", parse(text))).map(|(at, _)| at);
        let until = to.and_then(|text| errors.keep("to", parse(text)));
        let until = until.map(|(at, is_day)| if is_day { at.plus_seconds(DAY_SECONDS) } else { at });
        let begin = from.unwrap_or_else(|| until.unwrap_or(now).plus_seconds(-DEFAULT_SECONDS));
        let end = until.unwrap_or(Timestamp::from_micros(i64::MAX));
        if begin >= end {
            errors.push("from", "must be before `to`");
        }
        Self { from: begin, until: end }
    }

    /// Returns the days and the first month of the period.
    #[must_use]
    pub fn days(&self) -> Days {
        let first = Day::of(self.from).to_string();
        let last = match self.until.as_micros() {
            // The period has no end, and no day sorts after this text.
            i64::MAX => "9999-12-31".to_owned(),
            end => Day::of(Timestamp::from_micros(end.saturating_sub(1))).to_string(),
        };
        let month = month_of(&first).to_owned();
        Days { first, last, month }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(from: Option<&str>, to: Option<&str>) -> Result<Period, FieldErrors> {
        let mut errors = FieldErrors::default();
        let now = Timestamp::parse("2026-11-30T12:00:00Z").unwrap();
        let period = Period::parse(&mut errors, from, to, now);
        errors.into_result().map(|()| period)
    }

    fn days(from: Option<&str>, to: Option<&str>) -> [String; 3] {
        let days = read(from, to).unwrap().days();
        [days.first, days.last, days.month]
    }

    #[test]
    fn a_period_is_the_last_thirty_days_unless_it_is_named() {
        assert_eq!(days(None, None), ["2026-10-31", "9999-12-31", "2026-10"]);
        assert_eq!(days(None, Some("2026-03-31")), ["2026-03-02", "2026-03-31", "2026-03"]);
        assert_eq!(days(Some("2026-03-31"), None), ["2026-03-31", "9999-12-31", "2026-03"]);
    }

    #[test]
    fn a_day_at_the_end_is_in_the_period_and_a_time_is_its_end() {
        assert_eq!(days(Some("2026-03-31"), Some("2026-03-31")), ["2026-03-31", "2026-03-31", "2026-03"]);
        let midnight = Some("2026-04-02T00:00:00Z");
        assert_eq!(days(Some("2026-03-31T23:00:00Z"), midnight), ["2026-03-31", "2026-04-01", "2026-03"]);
    }

    #[test]
    fn what_is_no_period_is_refused_by_field() {
        let table = [
            (Some("yesterday"), None, "from"),
            (None, Some("2026-13-01"), "to"),
            (Some("2026-03-02"), Some("2026-03-01"), "from"),
            (Some("2026-03-01T00:00:00Z"), Some("2026-03-01T00:00:00Z"), "from"),
            (Some("2026-3-1"), None, "from"),
        ];
        for (from, to, field) in table {
            let errors = read(from, to).unwrap_err();
            assert_eq!(errors.0[0].field, field, "{from:?} {to:?}");
        }
    }
}

//! Parses and prints times for people: RFC 3339, a plain date, or a distance from now.

use crate::clock::Clock;
use crate::domain::time::Timestamp;

/// The units of time spans, with their lengths in seconds.
const UNITS: [(char, i64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
const LENGTH_OF_A_DATE: usize = "2030-01-31".len();

/// Parses a time for a list of past events: RFC 3339, a date (its beginning in UTC), or a time span before
/// now, for example `24h`.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    ago(text, Clock::System.now()).or_else(|| parse(text)).ok_or_else(|| {
        "write how long ago (30m, 24h, 7d, 2w), a date (2030-01-31, in UTC) or RFC 3339 (2030-01-31T12:00:00Z)"
            .to_owned()
    })
}

/// Converts RFC 3339 or a date (its beginning in UTC) to the form of the API. An empty text stays empty,
/// because it removes a time.
pub(super) fn moment(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let time = parse(text);
    time.map(|time| time.to_string())
        .ok_or_else(|| "write a date (2030-01-31, in UTC) or RFC 3339 (2030-01-31T12:00:00Z)".to_owned())
}

/// Returns the distance of a time from now: `4 min ago`, `in 89 days`.
pub(super) fn from_now(time: Timestamp, now: Timestamp) -> String {
    match time.as_seconds().saturating_sub(now.as_seconds()) {
        0 => "now".to_owned(),
        left @ 1.. => format!("in {}", span(left.unsigned_abs())),
        past => format!("{} ago", span(past.unsigned_abs())),
    }
}

/// Writes a time span in its largest unit of which it has at least two: `119 s`, and `2 min` for 120 s.
fn span(seconds: u64) -> String {
    let units = [(86_400, "days"), (3_600, "h"), (60, "min")];
    let unit = units.into_iter().find(|(length, _)| seconds >= 2 * length);
    unit.map_or_else(|| format!("{seconds} s"), |(length, name)| format!("{} {name}", seconds / length))
}

/// Returns true if the text has the length of a date, such as `2030-01-31`. A time in RFC 3339 is longer.
pub(super) fn is_date(text: &str) -> bool {
    text.len() == LENGTH_OF_A_DATE
}

fn parse(text: &str) -> Option<Timestamp> {
    let whole = if is_date(text) { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse(&whole).ok()
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let unit = text.chars().last()?;
    let (_, seconds) = UNITS.into_iter().find(|(letter, _)| *letter == unit)?;
    let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(now.plus_seconds(-i64::from(number).saturating_mul(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_people_write_it() {
        let now = Timestamp::parse("2030-01-31T12:00:00Z").unwrap();
        for (text, expected) in [
            ("24h", Some("2030-01-30T12:00:00Z")),
            ("30m", Some("2030-01-31T11:30:00Z")),
            ("90s", Some("2030-01-31T11:58:30Z")),
            ("2w", Some("2030-01-17T12:00:00Z")),
            ("0d", Some("2030-01-31T12:00:00Z")),
            ("-1h", None),
            ("h", None),
            ("24", None),
            ("24y", None),
        ] {
            assert_eq!(ago(text, now).map(|time| time.to_string()), expected.map(str::to_owned), "{text}");
        }
        for (text, expected) in [
            ("2030-01-31", Some("2030-01-31T00:00:00Z")),
            ("2030-01-31T01:00:00+01:00", Some("2030-01-31T00:00:00Z")),
            ("", Some("")),
            ("2030-02-31", None),
            ("yesterday", None),
            ("24h", None),
        ] {
            assert_eq!(moment(text).ok(), expected.map(str::to_owned), "{text}");
        }
        assert!(past("yesterday").is_err());
    }

    #[test]
    fn a_time_is_told_by_how_far_away_it_is() {
        let now = Timestamp::parse("2030-01-31T12:00:00Z").unwrap();
        for (seconds, expected) in [
            (0, "now"),
            (-4, "4 s ago"),
            (-119, "119 s ago"),
            (-120, "2 min ago"),
            (-7_199, "119 min ago"),
            (7_200, "in 2 h"),
            (172_799, "in 47 h"),
            (90 * 86_400 - 1, "in 89 days"),
        ] {
            assert_eq!(from_now(now.plus_seconds(seconds), now), expected);
        }
    }
}

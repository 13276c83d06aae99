//! Times as people write and read them: RFC 3339, a plain date, how long ago, how far away.

use crate::clock::Clock;
use crate::domain::time::Timestamp;

/// How many seconds each unit has.
const UNITS: [(char, i64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];
const LENGTH_OF_A_DATE: usize = "2030-01-31".len();

/// A time in the past: RFC 3339, a date (its beginning in UTC), or how long ago, for example `24h`.
pub(super) fn past(text: &str) -> Result<Timestamp, String> {
    ago(text, Clock::System.now()).or_else(|| parse(text)).ok_or_else(|| {
        "write how long ago (30m, 24h, 7d, 2w), a date (2030-01-31, in UTC) or RFC 3339 (2030-01-31T12:00:00Z)"
            .to_owned()
    })
}

/// A time as the API takes it, from RFC 3339 or a date (its beginning in UTC). An empty text stays, which removes
/// a time.
pub(super) fn moment(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let time = parse(text);
    time.map(|time| time.to_string())
        .ok_or_else(|| "write a date (2030-01-31, in UTC) or RFC 3339 (2030-01-31T12:00:00Z)".to_owned())
}

/// How far away a time is: `4 min ago`, `in 89 days`.
pub(super) fn from_now(time: Timestamp, now: Timestamp) -> String {
    match time.as_seconds().saturating_sub(now.as_seconds()) {
        0 => "now".to_owned(),
        left @ 1.. => format!("in {}", span(left.unsigned_abs())),
        past => format!("{} ago", span(past.unsigned_abs())),
    }
}

/// So many seconds, in the largest unit of which there are at least two.
fn span(seconds: u64) -> String {
    let units = [(86_400, "days"), (3_600, "h"), (60, "min")];
    let unit = units.into_iter().find(|(length, _)| seconds >= 2 * length);
    unit.map_or_else(|| format!("{seconds} s"), |(length, name)| format!("{} {name}", seconds / length))
}

fn parse(text: &str) -> Option<Timestamp> {
    let whole = if text.len() == LENGTH_OF_A_DATE { format!("{text}T00:00:00Z") } else { text.to_owned() };
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

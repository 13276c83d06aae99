//! Points in time and lifetimes. The time is always an argument; nothing here reads a clock.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A point in time: microseconds since 1970-01-01T00:00:00Z. A time is written as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// An error: the text is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time: write RFC 3339, for example 2030-01-31T12:00:00Z")]
pub struct NotATime(String);

const MICROS: i64 = 1_000_000;

impl Timestamp {
    /// Counts how many of the marks 30, 7, 1 and 0 days before this time have passed at `now`. A higher number is
    /// more urgent.
    #[must_use]
    pub fn urgency(self, now: Timestamp) -> usize {
        let left = self.as_seconds() - now.as_seconds();
        [30, 7, 1, 0].iter().filter(|days| left <= *days * 86_400).count()
    }

    /// Makes a time from microseconds since the epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Makes a time from whole seconds since the epoch. Saturates at the limits.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(MICROS))
    }

    /// Returns the microseconds since the epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since the epoch, rounded down: the NumericDate of RFC 7519 section 2.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0.div_euclid(MICROS)
    }

    /// Returns the time that is `seconds` later, or earlier if `seconds` is negative. Saturates at the limits.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS)))
    }

    /// Returns the latest stored time that is plausible if this time is the current time: two minutes later. A
    /// later stored time comes from a wrong clock, and is not trusted.
    #[must_use]
    pub const fn newest_mark(self) -> Self {
        self.plus_seconds(120)
    }

    /// Parses an RFC 3339 time with any offset, such as `2030-01-31T12:00:00Z`.
    // SPEC: RFC 3339 section 5.6: `date-time = full-date "T" full-time`.
    pub fn parse(text: &str) -> Result<Self, NotATime> {
        let refused = || NotATime(text.chars().take(64).collect());
        let parsed = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| refused())?;
        // INVARIANT: an accepted time can be written again, so its year in UTC has four digits.
        let utc =
            parsed.checked_to_utc().filter(|utc| (0..=9999).contains(&utc.year())).ok_or_else(refused)?;
        i64::try_from(utc.unix_timestamp_nanos().div_euclid(1000)).map(Self).map_err(|_| refused())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok());
        match written {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}us", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Timestamp::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The lifetime of a token, in seconds: 60 to 3600.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Ttl(u16);

/// An error: the lifetime is out of bounds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is out of bounds: a token lives 60 to 3600 seconds")]
pub struct TtlOutOfBounds(i64);

impl Ttl {
    /// The default lifetime: five minutes.
    pub const DEFAULT: Ttl = Ttl(300);

    /// Returns the lifetime in seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }
}

impl TryFrom<i64> for Ttl {
    type Error = TtlOutOfBounds;
    fn try_from(seconds: i64) -> Result<Self, TtlOutOfBounds> {
        match u16::try_from(seconds) {
            Ok(value) if (60..=3600).contains(&value) => Ok(Ttl(value)),
            _ => Err(TtlOutOfBounds(seconds)),
        }
    }
}

impl From<Ttl> for i64 {
    fn from(ttl: Ttl) -> i64 {
        ttl.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_being_written_and_read() {
        for micros in [0, 1, 1_700_000_000_123_456, -1, 4_102_444_800_000_000] {
            let time = Timestamp::from_micros(micros);
            assert_eq!(Timestamp::parse(&time.to_string()), Ok(time));
        }
    }

    #[test]
    fn an_offset_is_converted_to_utc() {
        let there = Timestamp::parse("2026-01-01T02:00:00+02:00").unwrap();
        assert_eq!(there.to_string(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "0000-01-01T00:00:00+01:00",
            "9999-12-31T23:59:59-01:00",
            "",
            "yesterday",
            "2026-01-01",
            "2026-13-01T00:00:00Z",
            "1700000000",
        ] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_lifetime_is_one_minute_to_one_hour() {
        for (seconds, fits) in [(59, false), (60, true), (3600, true), (3601, false), (-1, false)] {
            assert_eq!(Ttl::try_from(seconds).is_ok(), fits, "{seconds}");
        }
    }
}

//! The system's clock, read in one place. All other code gets the time as an argument.

use crate::domain::time::Timestamp;
use crate::domain::warning::Warning;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The largest step that is ignored. Time synchronisation makes small steps all the time.
const STEP: Duration = Duration::from_secs(5);
/// The time without a step that must pass before the server trusts the clock, for example to delete data by age.
const SETTLED_AFTER: Duration = Duration::from_secs(600);
/// The time for which warnings mention a step.
const TOLD: Duration = Duration::from_secs(3600);

/// The source of the time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A clock that is set by hand, in microseconds since the epoch.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// Returns the present time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Clock::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Clock::Fixed(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }
}

/// A jump of the system's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The size of the step in whole seconds; negative if the clock was set back.
    pub seconds: i64,
    /// The number of steps since the start, including this one.
    pub number: u64,
    seen: Instant,
}

/// Detects steps of the system's clock: compares that clock with the monotonic clock, which has no steps.
#[derive(Debug)]
pub struct Steps(Mutex<Seen>);

#[derive(Debug)]
struct Seen {
    clock: Clock,
    began: Instant,
    at: Instant,
    time: Timestamp,
    last: Option<Step>,
    back: u64,
    ahead: u64,
}

impl Seen {
    fn look(&mut self, at: Instant, time: Timestamp) {
        let elapsed = i64::try_from(at.saturating_duration_since(self.at).as_micros()).unwrap_or(i64::MAX);
        let step = time.as_micros().saturating_sub(self.time.as_micros()).saturating_sub(elapsed);
        (self.at, self.time) = (at, time);
        // Tests set their clock by hand, in steps of any size.
        if matches!(self.clock, Clock::Fixed(_)) || Duration::from_micros(step.unsigned_abs()) <= STEP {
            return;
        }
        let count = if step < 0 { &mut self.back } else { &mut self.ahead };
        *count += 1;
        self.last = Some(Step { seconds: step / 1_000_000, number: self.back + self.ahead, seen: at });
    }
}

impl Steps {
    /// Starts to watch a clock.
    #[must_use]
    pub fn of(clock: Clock) -> Self {
        let (began, time) = (Instant::now(), clock.now());
        Self(Mutex::new(Seen { clock, began, at: began, time, last: None, back: 0, ahead: 0 }))
    }

    fn looked<T>(&self, tell: impl FnOnce(&Seen) -> T) -> T {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, time) = (Instant::now(), seen.clock.now());
        seen.look(at, time);
        tell(&seen)
    }

    /// Returns the last step of the clock; `None` if there was none since the start.
    #[must_use]
    pub fn last(&self) -> Option<Step> {
        self.looked(|seen| seen.last)
    }

    /// Returns the numbers of steps back and of steps ahead.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        self.looked(|seen| (seen.back, seen.ahead))
    }

    /// Returns true if the clock has made no step for ten minutes. Returns false soon after a start: a machine that
    /// has just booted may have a wrong clock until the network sets it. Always returns true for a clock of tests.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.looked(|seen| {
            let even_since = seen.last.map_or(seen.began, |step| step.seen);
            matches!(seen.clock, Clock::Fixed(_)) || even_since.elapsed() > SETTLED_AFTER
        })
    }

    /// Returns a warning if the clock was set within the last hour.
    #[must_use]
    pub fn warning(&self) -> Option<Warning> {
        let step = self.last().filter(|step| step.seen.elapsed() < TOLD)?;
        let (seconds, direction) =
            (step.seconds.unsigned_abs(), if step.seconds < 0 { "back" } else { "ahead" });
        let message = format!(
            "the clock of this machine was set {direction} by {seconds} s: make sure that it is right and synchronised, because registries refuse tokens with wrong times"
        );
        Some(Warning::new("clock-step", message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_more_than_five_seconds_are_noticed() {
        let begin = Instant::now();
        let mut seen = Seen {
            clock: Clock::System,
            began: begin,
            at: begin,
            time: Timestamp::from_seconds(0),
            last: None,
            back: 0,
            ahead: 0,
        };
        for (elapsed, time, step) in [
            (1, 1, None),
            (2, 7, None),
            (3, 14, Some((6, 1))),
            (4, 15, Some((6, 1))),
            (5, 9, Some((-7, 2))),
            (3605, 3609, Some((-7, 2))),
            (3606, 3610 + 61 * 86_400, Some((61 * 86_400, 3))),
            (3610, 3614, Some((-61 * 86_400, 4))),
        ] {
            seen.look(begin + Duration::from_secs(elapsed), Timestamp::from_seconds(time));
            assert_eq!(seen.last.map(|step| (step.seconds, step.number)), step, "after {elapsed} s");
        }
        assert_eq!((seen.back, seen.ahead), (2, 2));
    }
}

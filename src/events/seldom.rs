//! Limits the log lines that a registry can cause. At most a fixed number of lines is written each minute. The caller
//! learns how many lines were omitted before a written line.

use crate::domain::time::Timestamp;
use std::sync::{Mutex, PoisonError};

/// The time for which lines are counted, in seconds.
const BETWEEN_SECONDS: i64 = 60;

/// The limit of log lines of one kind.
#[derive(Debug)]
pub(super) struct Seldom {
    /// The greatest number of lines that are written in a minute.
    most: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The time at which the minute began.
    began: Option<Timestamp>,
    told: u64,
    untold: u64,
}

impl Default for Seldom {
    /// Permits one line a minute.
    fn default() -> Self {
        Self::of(1)
    }
}

impl Seldom {
    /// Permits this number of lines a minute.
    pub(super) fn of(most: u64) -> Self {
        Self { most, state: Mutex::default() }
    }

    /// Counts a line. Returns the number of lines since the last written line, including this one. Returns `None` if
    /// this line must not be written.
    pub(super) fn admit(&self, now: Timestamp) -> Option<u64> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.untold += 1;
        // A clock that was set back must not silence the log.
        let is_same =
            state.began.is_some_and(|began| began <= now && now < began.plus_seconds(BETWEEN_SECONDS));
        if !is_same {
            (state.began, state.told) = (Some(now), 0);
        }
        if state.told >= self.most {
            return None;
        }
        state.told += 1;
        Some(std::mem::take(&mut state.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_a_minute_tells_how_many_there_were() {
        let (seldom, at) = (Seldom::default(), Timestamp::from_seconds);
        assert_eq!(seldom.admit(at(100)), Some(1));
        assert_eq!((seldom.admit(at(101)), seldom.admit(at(159))), (None, None));
        assert_eq!(seldom.admit(at(160)), Some(3));
        assert_eq!(seldom.admit(at(10)), Some(1), "the clock was set back");
    }

    #[test]
    fn there_may_be_several_lines_a_minute() {
        let (seldom, at) = (Seldom::of(2), Timestamp::from_seconds);
        let told = [100, 101, 102, 159, 160, 161, 162].map(|second| seldom.admit(at(second)));
        assert_eq!(told, [Some(1), Some(1), None, None, Some(3), Some(1), None]);
    }
}

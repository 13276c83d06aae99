//! Counts the events that registries report.

use super::Metrics;
use super::events::{ANY, EventResult, FAILED, FINISHED};
use super::names::{CRAWLS, EVENT_ALARMS, EVENT_GRANTS_LOST, EVENT_LAG, EVENT_LAST, EVENTS};
use metrics::with_local_recorder;
use std::time::Duration;

impl Metrics {
    /// Counts events. `action` must be a word of a fixed list; `None` for events whose action is unknown or does not
    /// matter.
    pub fn count_events(&self, action: Option<&'static str>, result: EventResult, count: usize) {
        if count == 0 {
            return;
        }
        let counter =
            || metrics::counter!(EVENTS, "action" => action.unwrap_or(ANY), "result" => result.as_str());
        with_local_recorder(&self.recorder, counter).increment(u64::try_from(count).unwrap_or(u64::MAX));
    }

    /// Records the age of the oldest event of the last commit, in microseconds.
    pub fn note_event_lag(&self, micros: u64) {
        let gauge = || metrics::gauge!(EVENT_LAG);
        with_local_recorder(&self.recorder, gauge).set(Duration::from_micros(micros).as_secs_f64());
    }

    /// Records the time of the last event of a service, in seconds since 1970. Administrators limit the number of
    /// services, and so the number of labels.
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point")]
    pub fn note_last_event(&self, service: &str, seconds: i64) {
        let gauge = || metrics::gauge!(EVENT_LAST, "service" => service.to_owned());
        with_local_recorder(&self.recorder, gauge).set(seconds as f64);
    }

    /// Counts a push or a deletion that no token granted.
    pub fn count_event_alarm(&self, action: &'static str) {
        with_local_recorder(&self.recorder, || metrics::counter!(EVENT_ALARMS, "action" => action))
            .increment(1);
    }

    /// Counts a crawl that read its whole registry or failed. The caller does not count a crawl that was stopped.
    pub fn count_crawl(&self, is_finished: bool) {
        let result = if is_finished { FINISHED } else { FAILED };
        with_local_recorder(&self.recorder, || metrics::counter!(CRAWLS, "result" => result)).increment(1);
    }

    /// Counts records of granted access that were lost, because too many records waited in memory.
    pub fn count_lost_grants(&self, count: u64) {
        with_local_recorder(&self.recorder, || metrics::counter!(EVENT_GRANTS_LOST)).increment(count);
    }
}

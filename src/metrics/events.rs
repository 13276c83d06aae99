//! The labels in the metrics of events that registries report.

use super::names::{CRAWLS, EVENT_ALARMS, EVENT_GRANTS_LOST, EVENTS};

/// The result of recording an event or an envelope. An envelope is the body of a report, and contains events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventResult {
    /// The event is committed.
    Recorded,
    /// The event was already known: the registry sent it again.
    Duplicate,
    /// A required field of the event is missing or malformed, or the action of the event is unknown.
    Unusable,
    /// The envelope cannot be read.
    Unreadable,
    /// The envelope is larger than 1 MiB.
    TooLarge,
    /// The service is configured not to record events.
    Off,
    /// The server is too busy, or the commit takes too long. The registry sends the event again.
    Busy,
    /// The database refuses the event.
    Failed,
    /// A crawl of this server caused the event, so the event is not recorded.
    Crawl,
}

const RESULTS: [(EventResult, &str); 9] = [
    (EventResult::Recorded, "recorded"),
    (EventResult::Duplicate, "duplicate"),
    (EventResult::Unusable, "unusable"),
    (EventResult::Unreadable, "unreadable"),
    (EventResult::TooLarge, "too_large"),
    (EventResult::Off, "off"),
    (EventResult::Busy, "busy"),
    (EventResult::Failed, "failed"),
    (EventResult::Crawl, "crawl"),
];

/// The result of a crawl that read the whole registry.
pub(super) const FINISHED: &str = "finished";
/// The result of a crawl that failed.
pub(super) const FAILED: &str = "failed";

/// The label for an unknown action, or for a result whose action does not matter.
pub(super) const ANY: &str = "any";

impl EventResult {
    pub(super) fn as_str(self) -> &'static str {
        RESULTS.iter().find(|(one, _)| *one == self).map_or("", |(_, word)| word)
    }
}

/// Creates the counters of events and crawls, all at zero, so that a monitoring system can watch them before the first
/// event. The counters of recorded events are missing: each begins with its first event. The caller sets the recorder.
pub(super) fn begin() {
    for (result, word) in RESULTS {
        if result != EventResult::Recorded {
            metrics::counter!(EVENTS, "action" => ANY, "result" => word).increment(0);
        }
    }
    for action in ["push", "delete"] {
        metrics::counter!(EVENT_ALARMS, "action" => action).increment(0);
    }
    metrics::counter!(EVENT_GRANTS_LOST).increment(0);
    for result in [FINISHED, FAILED] {
        metrics::counter!(CRAWLS, "result" => result).increment(0);
    }
}

//! The metrics: counters, gauges and histograms, and their Prometheus text.
//!
//! Each server has its own registry of metrics. There is no global registry. The metrics of each issued token
//! use handles that are created once. The values in [`State`] are read only when the metrics are requested.
//!
//! INVARIANT: a client cannot add a value of a label, so a client cannot make the text grow. The values are fixed, or
//! are names of services, which administrators choose.
// SPEC: Prometheus "Metric and label naming": base units, `_total` for counters.

mod count_events;
mod events;
mod names;

pub use events::EventResult;

use metrics::{Counter, Histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use names::{
    BUILD_SECONDS, CACHE_LOOKUPS, CERTIFICATE_ENDS, CLIENTS, CLOCK_STEPS, CONNECTIONS, CUT, EVENT_QUEUE,
    FEED_BREAKS, FEED_LAG, FEED_SEQ, FEED_STATE, HASH_QUEUE, HASHES, HASHES_REFUSED, IDENTITY_CHECKS,
    MOST_CLIENTS, MOST_CONNECTIONS, PHASES, REFUSALS, RULES, SIGN_INS, STATEMENTS, THROTTLED, TOKEN_REQUESTS,
    TURNED_AWAY, describe,
};
use std::time::Duration;
use strum::VariantArray;

/// The upper bounds of the histogram of durations, in seconds.
const BOUNDS: [f64; 18] = [
    0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// The way in which a client asked for a token. It is the value of the label `grant_type`, also for requests without a
/// grant type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// A GET without credentials.
    Anonymous,
    /// A GET with a user name and a password.
    Basic,
    /// A GET with a Bearer token, for example an access key.
    Bearer,
    /// A POST with `grant_type=password`.
    Password,
    /// A POST with `grant_type=refresh_token`.
    RefreshToken,
    /// This server itself, which crawls a registry.
    Server,
    /// A request that could not be parsed.
    Other,
}

impl RequestKind {
    /// Returns the word for the metrics and the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        REQUEST_KINDS.iter().find(|(one, _)| *one == self).map_or("other", |(_, word)| word)
    }
}

/// The endpoint that refused a request. Metrics contain the name of the variant in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum Endpoint {
    /// The token endpoint.
    Token,
    /// The revocation endpoint.
    Revocation,
    /// The administration API, during a sign-in.
    Api,
    /// The pages, during a sign-in.
    Pages,
    /// The endpoint for a device that waits for approval.
    Device,
    /// The endpoint to which registries report events.
    Events,
    /// The endpoint at which registry clients list and search.
    Catalogue,
    /// A path that does not exist.
    Elsewhere,
}

/// The outcome of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A token with everything that was requested.
    Issued,
    /// A token with less than was requested.
    Narrowed,
    /// No token: status 401.
    Unauthorized,
    /// No token: status 429.
    Throttled,
    /// No token: the request is at fault. For example it is malformed, or names an unknown service.
    Invalid,
    /// No token: status 503.
    Unavailable,
    /// No token: status 500.
    Failed,
}

/// The counter whose limit caused a refusal. Each counter counts certain wrong passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrottledBy {
    /// The wrong passwords for a user name from one network.
    NameAndNetwork,
    /// The wrong passwords for a user name from anywhere.
    Name,
    /// The wrong passwords from a network for any user name.
    Network,
}

impl ThrottledBy {
    /// Returns the word for the metrics and the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        THROTTLED_BY.iter().find(|(by, _)| *by == self).map_or("", |(_, word)| word)
    }
}

/// A phase of issuing a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Verifying the credentials, if the client presents any. A refused password takes at least a fixed time.
    Authenticate,
    /// Deciding which access to grant.
    Evaluate,
    /// Building and signing the token.
    Sign,
}

const REQUEST_KINDS: [(RequestKind, &str); 7] = [
    (RequestKind::Anonymous, "anonymous"),
    (RequestKind::Basic, "basic"),
    (RequestKind::Bearer, "bearer"),
    (RequestKind::Password, "password"),
    (RequestKind::RefreshToken, "refresh_token"),
    (RequestKind::Server, "server"),
    (RequestKind::Other, "other"),
];
const OUTCOMES: [(Outcome, &str); 7] = [
    (Outcome::Issued, "issued"),
    (Outcome::Narrowed, "narrowed"),
    (Outcome::Unauthorized, "unauthorized"),
    (Outcome::Throttled, "throttled"),
    (Outcome::Invalid, "invalid"),
    (Outcome::Unavailable, "unavailable"),
    (Outcome::Failed, "failed"),
];
const THROTTLED_BY: [(ThrottledBy, &str); 3] = [
    (ThrottledBy::NameAndNetwork, "name_and_network"),
    (ThrottledBy::Name, "name"),
    (ThrottledBy::Network, "network"),
];
const PHASE_NAMES: [(Phase, &str); 3] =
    [(Phase::Authenticate, "authenticate"), (Phase::Evaluate, "evaluate"), (Phase::Sign, "sign")];

/// Values that other modules keep, read at one moment.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The name of each cache, the number of lookups that the cache answered, and the number that it did not
    /// answer.
    pub caches: Vec<(&'static str, u64, u64)>,
    /// The number of passwords that wait to be hashed.
    pub hash_queue: usize,
    /// The number of rules in the policy.
    pub rules: usize,
    /// The time that the last build of the policy from the whole database took.
    pub build: Duration,
    /// The number of the last change in force.
    pub feed_seq: i64,
    /// The time since the end of the change feed was last reached.
    pub feed_lag: Duration,
    /// The possible states of the policy in memory (`fresh`, `stale`, `too_old`), each with true if it is the present
    /// state.
    pub feed_states: Vec<(&'static str, bool)>,
    /// The number of times that the change feed did not continue from the last known change.
    pub feed_breaks: u64,
    /// The number of times that the clock was set back, and the number of times that it was set ahead.
    pub clock_steps: (u64, u64),
    /// The number of statements that were sent to the database.
    pub statements: u64,
    /// The number of idle connections to the database, and the number of busy connections.
    pub connections: (usize, usize),
    /// The greatest number of connections to the database.
    pub most_connections: usize,
    /// The end of each certificate, in seconds since 1970, with the purpose of the certificate.
    pub certificates: Vec<(&'static str, i64)>,
    /// The number of open connections of clients, and the greatest permitted number.
    pub clients: (usize, usize),
    /// The numbers of client connections that were cut, by reason.
    pub cut: Vec<(&'static str, u64)>,
    /// The numbers of client connections that were refused, by reason.
    pub turned_away: Vec<(&'static str, u64)>,
    /// The number of events of registries that wait to be committed.
    pub events_waiting: usize,
}

/// The metrics of one server.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    requests: Vec<Vec<Counter>>,
    phases: Vec<Histogram>,
    hashes: Histogram,
    hashes_refused: Counter,
    throttled: Vec<Counter>,
}

impl Metrics {
    /// Builds an empty registry of metrics.
    #[must_use]
    pub fn new() -> Self {
        // The builder refuses only an empty list of bounds.
        let builder = PrometheusBuilder::new().set_buckets(&BOUNDS).unwrap_or_default();
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let (requests, phases, throttled, hashes, hashes_refused) = with_local_recorder(&recorder, || {
            describe();
            events::begin();
            let of_kind = |(_, kind): &(RequestKind, &'static str)| {
                OUTCOMES
                    .iter()
                    .map(|(_, outcome)| {
                        metrics::counter!(TOKEN_REQUESTS, "grant_type" => *kind, "outcome" => *outcome)
                    })
                    .collect()
            };
            let requests: Vec<Vec<Counter>> = REQUEST_KINDS.iter().map(of_kind).collect();
            let phases = PHASE_NAMES.iter().map(|(_, name)| metrics::histogram!(PHASES, "phase" => *name));
            let throttled = THROTTLED_BY.iter().map(|(_, by)| metrics::counter!(THROTTLED, "by" => *by));
            let (hashes, refused) = (metrics::histogram!(HASHES), metrics::counter!(HASHES_REFUSED));
            (requests, phases.collect(), throttled.collect(), hashes, refused)
        });
        Self { recorder, handle, requests, phases, hashes, hashes_refused, throttled }
    }

    /// Counts a request for a token.
    pub fn count(&self, kind: RequestKind, outcome: Outcome) {
        let kind = REQUEST_KINDS.iter().position(|(one, _)| *one == kind);
        let outcome = OUTCOMES.iter().position(|(one, _)| *one == outcome);
        let counter = kind.and_then(|kind| self.requests.get(kind)?.get(outcome?));
        if let Some(counter) = counter {
            counter.increment(1);
        }
    }

    /// Creates the counters of refusals for each of these causes at each endpoint, all at zero.
    #[must_use]
    pub fn with_causes(self, causes: impl Iterator<Item = &'static str>) -> Self {
        for cause in causes {
            for at in Endpoint::VARIANTS {
                self.refusals(*at, cause).increment(0);
            }
        }
        self
    }

    /// Counts a refusal by its cause.
    pub fn count_refusal(&self, at: Endpoint, cause: &'static str) {
        self.refusals(at, cause).increment(1);
    }

    /// Counts a question to an identity provider about a person. `outcome` is `person`, `gone`, `unclear` or
    /// `no_answer`.
    pub fn count_identity_check(&self, outcome: &'static str) {
        with_local_recorder(&self.recorder, || metrics::counter!(IDENTITY_CHECKS, "outcome" => outcome))
            .increment(1);
    }

    /// Counts a sign-in to the pages. `how` must be a word of a fixed list.
    pub fn count_sign_in(&self, how: &'static str) {
        with_local_recorder(&self.recorder, || metrics::counter!(SIGN_INS, "how" => how)).increment(1);
    }

    fn refusals(&self, at: Endpoint, cause: &'static str) -> Counter {
        let counter = || metrics::counter!(REFUSALS, "endpoint" => <&str>::from(at), "cause" => cause);
        with_local_recorder(&self.recorder, counter)
    }

    /// Records the duration of a phase.
    pub fn time(&self, phase: Phase, took: Duration) {
        let place = PHASE_NAMES.iter().position(|(one, _)| *one == phase);
        if let Some(histogram) = place.and_then(|place| self.phases.get(place)) {
            histogram.record(took.as_secs_f64());
        }
    }

    /// Records the time for hashing a password.
    pub fn time_hash(&self, took: Duration) {
        self.hashes.record(took.as_secs_f64());
    }

    /// Counts a password that was not hashed because too many passwords were waiting.
    pub fn count_refused_hash(&self) {
        self.hashes_refused.increment(1);
    }

    /// Counts a sign-in that was refused after too many wrong passwords.
    pub fn count_throttled(&self, by: ThrottledBy) {
        let place = THROTTLED_BY.iter().position(|(one, _)| *one == by);
        if let Some(counter) = place.and_then(|place| self.throttled.get(place)) {
            counter.increment(1);
        }
    }

    /// Moves the recorded durations into their histograms. Without this call, every single duration stays in memory
    /// until the metrics are read.
    pub fn sum_up(&self) {
        self.handle.run_upkeep();
    }

    /// Writes all metrics in the Prometheus text format 0.0.4.
    #[must_use]
    pub fn render(&self, state: &State) -> String {
        with_local_recorder(&self.recorder, || set(state));
        self.handle.render()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

#[expect(clippy::cast_precision_loss, reason = "gauges are floating point")]
fn set(state: &State) {
    for (cache, hits, misses) in &state.caches {
        metrics::counter!(CACHE_LOOKUPS, "cache" => *cache, "result" => "hit").absolute(*hits);
        metrics::counter!(CACHE_LOOKUPS, "cache" => *cache, "result" => "miss").absolute(*misses);
    }
    metrics::counter!(STATEMENTS).absolute(state.statements);
    let (idle, busy) = state.connections;
    metrics::gauge!(HASH_QUEUE).set(state.hash_queue as f64);
    metrics::gauge!(EVENT_QUEUE).set(state.events_waiting as f64);
    metrics::gauge!(RULES).set(state.rules as f64);
    metrics::gauge!(BUILD_SECONDS).set(state.build.as_secs_f64());
    metrics::gauge!(FEED_SEQ).set(state.feed_seq as f64);
    metrics::gauge!(FEED_LAG).set(state.feed_lag.as_secs_f64());
    for (name, is_now) in &state.feed_states {
        metrics::gauge!(FEED_STATE, "state" => *name).set(f64::from(u8::from(*is_now)));
    }
    for (certificate, ends_at) in &state.certificates {
        metrics::gauge!(CERTIFICATE_ENDS, "certificate" => *certificate).set(*ends_at as f64);
    }
    let (back, ahead) = state.clock_steps;
    metrics::counter!(CLOCK_STEPS, "direction" => "back").absolute(back);
    metrics::counter!(CLOCK_STEPS, "direction" => "ahead").absolute(ahead);
    metrics::counter!(FEED_BREAKS).absolute(state.feed_breaks);
    metrics::gauge!(CONNECTIONS, "state" => "idle").set(idle as f64);
    metrics::gauge!(CONNECTIONS, "state" => "busy").set(busy as f64);
    metrics::gauge!(MOST_CONNECTIONS).set(state.most_connections as f64);
    let (open, most) = state.clients;
    metrics::gauge!(CLIENTS).set(open as f64);
    metrics::gauge!(MOST_CLIENTS).set(most as f64);
    for (reason, count) in &state.cut {
        metrics::counter!(CUT, "reason" => *reason).absolute(*count);
    }
    for (reason, count) in &state.turned_away {
        metrics::counter!(TURNED_AWAY, "reason" => *reason).absolute(*count);
    }
}

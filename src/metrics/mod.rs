//! What is measured: counters, gauges and histograms, and their Prometheus text.
//!
//! The server has a registry of its own, no global one. Each step on the way to a token is recorded through handles that
//! are made once. Sizes, ages and cache counts are kept elsewhere and read when somebody asks for the metrics.
//!
//! INVARIANT: every label has a fixed set of values, so that no client can make the text grow.
// SPEC: Prometheus "Metric and label naming": base units, `_total` for counters.

mod names;

use metrics::{Counter, Histogram, with_local_recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use names::{
    BUILD_SECONDS, CACHE_LOOKUPS, CERTIFICATE_ENDS, CLIENTS, CLOCK_STEPS, CONNECTIONS, CUT, FEED_BREAKS,
    FEED_LAG, FEED_SEQ, FEED_STATE, HASH_QUEUE, HASHES, HASHES_REFUSED, IDENTITY_CHECKS, MOST_CLIENTS,
    MOST_CONNECTIONS, PHASES, REFUSALS, RULES, SIGN_INS, STATEMENTS, THROTTLED, TOKEN_REQUESTS, TURNED_AWAY,
    describe,
};
use std::time::Duration;

/// Upper bounds of durations, seconds.
const BOUNDS: [f64; 18] = [
    0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
    0.05, 0.1, 0.25, 0.5, 1.0, 2.5,
];

/// How a client asked for a token. The label `grant_type` also tells apart the requests that have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestKind {
    /// GET without credentials.
    Anonymous,
    /// GET with a user name and a password.
    Basic,
    /// GET with an access key by Bearer.
    Bearer,
    /// POST with `grant_type=password`.
    Password,
    /// POST with `grant_type=refresh_token`.
    RefreshToken,
    /// A request that could not be understood.
    Other,
}

impl RequestKind {
    /// The word in the metrics and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        REQUEST_KINDS.iter().find(|(one, _)| *one == self).map_or("other", |(_, word)| word)
    }
}

/// Where a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endpoint {
    /// At the token endpoint.
    Token,
    /// At the revocation endpoint.
    Revocation,
    /// A sign-in to the administration API.
    Api,
    /// A sign-in on a page.
    Pages,
    /// A device that waits for its approval.
    Device,
    /// At a path that does not exist.
    Elsewhere,
}

impl Endpoint {
    fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Revocation => "revocation",
            Self::Api => "api",
            Self::Pages => "pages",
            Self::Device => "device",
            Self::Elsewhere => "elsewhere",
        }
    }
}

/// What became of a request for a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A token with all that was asked.
    Issued,
    /// A token with less than was asked.
    Narrowed,
    /// 401.
    Unauthorized,
    /// 429.
    Throttled,
    /// The request could not be understood.
    Invalid,
    /// 503.
    Unavailable,
    /// 500.
    Failed,
}

/// Which counter of wrong passwords refused a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ThrottledBy {
    /// That of a user name from one network.
    NameAndNetwork,
    /// That of a user name from anywhere.
    Name,
    /// That of a network with any user name.
    Network,
}

impl ThrottledBy {
    /// Its word in the metrics and in the log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        THROTTLED_BY.iter().find(|(by, _)| *by == self).map_or("", |(_, word)| word)
    }
}

/// A part of the work on a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Verifying credentials, if some were presented. A refused password takes a fixed time.
    Authenticate,
    /// Deciding what is granted.
    Evaluate,
    /// Making the token.
    Sign,
}

const REQUEST_KINDS: [(RequestKind, &str); 6] = [
    (RequestKind::Anonymous, "anonymous"),
    (RequestKind::Basic, "basic"),
    (RequestKind::Bearer, "bearer"),
    (RequestKind::Password, "password"),
    (RequestKind::RefreshToken, "refresh_token"),
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
const ENDPOINTS: [Endpoint; 6] = [
    Endpoint::Token,
    Endpoint::Revocation,
    Endpoint::Api,
    Endpoint::Pages,
    Endpoint::Device,
    Endpoint::Elsewhere,
];
const PHASE_NAMES: [(Phase, &str); 3] =
    [(Phase::Authenticate, "authenticate"), (Phase::Evaluate, "evaluate"), (Phase::Sign, "sign")];

/// What is kept elsewhere, as read at one moment.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// For each cache: its name, the lookups that it answered, the lookups that it did not.
    pub caches: Vec<(&'static str, u64, u64)>,
    /// Passwords that wait to be hashed.
    pub hash_queue: usize,
    /// Rules in the policy.
    pub rules: usize,
    /// How long the policy last took to be built from the whole database.
    pub build: Duration,
    /// The number of the last change in force.
    pub feed_seq: i64,
    /// How long ago the feed was last seen to its end.
    pub feed_lag: Duration,
    /// How far the policy in memory can be trusted: each possible state, and whether it is the present one.
    pub feed_states: Vec<(&'static str, bool)>,
    /// How often the change feed did not go on from the last change seen.
    pub feed_breaks: u64,
    /// How often the clock was set: back, ahead.
    pub clock_steps: (u64, u64),
    /// Statements that were sent to the database.
    pub statements: u64,
    /// Open connections to the database that wait for work, and those at work.
    pub connections: (usize, usize),
    /// The most connections there may be.
    pub most_connections: usize,
    /// Certificates by what they are for, with the time (seconds since the epoch) at which they end.
    pub certificates: Vec<(&'static str, i64)>,
    /// Open connections of clients, and the most there may be.
    pub clients: (usize, usize),
    /// Connections of clients that were cut, by why.
    pub cut: Vec<(&'static str, u64)>,
    /// Connections of clients that were refused, by why.
    pub turned_away: Vec<(&'static str, u64)>,
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
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        // Only an empty list of bounds is refused.
        let builder = PrometheusBuilder::new().set_buckets(&BOUNDS).unwrap_or_default();
        let recorder = builder.build_recorder();
        let handle = recorder.handle();
        let (requests, phases, throttled, hashes, hashes_refused) = with_local_recorder(&recorder, || {
            describe();
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

    /// Makes the counters of refusals for the closed list of causes, all at zero.
    #[must_use]
    pub fn with_causes(self, causes: impl Iterator<Item = &'static str>) -> Self {
        for cause in causes {
            for at in ENDPOINTS {
                self.refusals(at, cause).increment(0);
            }
        }
        self
    }

    /// Counts a refusal by its cause.
    pub fn count_refusal(&self, at: Endpoint, cause: &'static str) {
        self.refusals(at, cause).increment(1);
    }

    /// Counts an answer of an identity provider about a person: `person`, `gone`, `unclear` or `no_answer`.
    pub fn count_identity_check(&self, outcome: &'static str) {
        with_local_recorder(&self.recorder, || metrics::counter!(IDENTITY_CHECKS, "outcome" => outcome))
            .increment(1);
    }

    /// Counts a sign-in to the pages. `how` is a word of a fixed list.
    pub fn count_sign_in(&self, how: &'static str) {
        with_local_recorder(&self.recorder, || metrics::counter!(SIGN_INS, "how" => how)).increment(1);
    }

    fn refusals(&self, at: Endpoint, cause: &'static str) -> Counter {
        let counter = || metrics::counter!(REFUSALS, "endpoint" => at.as_str(), "cause" => cause);
        with_local_recorder(&self.recorder, counter)
    }

    /// Records how long a phase took.
    pub fn time(&self, phase: Phase, took: Duration) {
        let place = PHASE_NAMES.iter().position(|(one, _)| *one == phase);
        if let Some(histogram) = place.and_then(|place| self.phases.get(place)) {
            histogram.record(took.as_secs_f64());
        }
    }

    /// Records how long hashing a password took.
    pub fn time_hash(&self, took: Duration) {
        self.hashes.record(took.as_secs_f64());
    }

    /// Counts a password that was not hashed because too many were waiting.
    pub fn count_refused_hash(&self) {
        self.hashes_refused.increment(1);
    }

    /// Counts a sign-in that was refused because too many passwords were wrong.
    pub fn count_throttled(&self, by: ThrottledBy) {
        let place = THROTTLED_BY.iter().position(|(one, _)| *one == by);
        if let Some(counter) = place.and_then(|place| self.throttled.get(place)) {
            counter.increment(1);
        }
    }

    /// Sums up what was recorded. Without this, each single duration is kept until somebody asks.
    pub fn sum_up(&self) {
        self.handle.run_upkeep();
    }

    /// Everything, in the Prometheus text format 0.0.4.
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

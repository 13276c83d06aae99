//! The name of each metric, and its description for people.

use metrics::Unit;

pub(super) const TOKEN_REQUESTS: &str = "portreeve_token_requests_total";
pub(super) const SIGN_INS: &str = "portreeve_signins_total";
pub(super) const IDENTITY_CHECKS: &str = "portreeve_identity_checks_total";
pub(super) const REFUSALS: &str = "portreeve_refusals_total";
pub(super) const PHASES: &str = "portreeve_token_phase_duration_seconds";
pub(super) const CACHE_LOOKUPS: &str = "portreeve_cache_lookups_total";
pub(super) const HASHES: &str = "portreeve_password_hash_duration_seconds";
pub(super) const HASHES_REFUSED: &str = "portreeve_password_hashes_refused_total";
pub(super) const THROTTLED: &str = "portreeve_throttled_total";
pub(super) const HASH_QUEUE: &str = "portreeve_password_hash_queue_length";
pub(super) const RULES: &str = "portreeve_policy_rules";
pub(super) const BUILD_SECONDS: &str = "portreeve_policy_build_duration_seconds";
pub(super) const FEED_SEQ: &str = "portreeve_feed_seq";
pub(super) const FEED_LAG: &str = "portreeve_feed_lag_seconds";
pub(super) const FEED_STATE: &str = "portreeve_feed_state";
pub(super) const FEED_BREAKS: &str = "portreeve_feed_breaks_total";
pub(super) const STATEMENTS: &str = "portreeve_database_statements_total";
pub(super) const CONNECTIONS: &str = "portreeve_database_connections";
pub(super) const CERTIFICATE_ENDS: &str = "portreeve_certificate_expiry_timestamp_seconds";
pub(super) const CLOCK_STEPS: &str = "portreeve_clock_steps_total";
pub(super) const MOST_CONNECTIONS: &str = "portreeve_database_connections_max";
pub(super) const CLIENTS: &str = "portreeve_http_connections";
pub(super) const MOST_CLIENTS: &str = "portreeve_http_connections_max";
pub(super) const CUT: &str = "portreeve_http_connections_cut_total";
pub(super) const TURNED_AWAY: &str = "portreeve_http_connections_refused_total";

pub(super) const EVENTS: &str = "portreeve_events_total";
pub(super) const EVENT_LAG: &str = "portreeve_events_lag_seconds";
pub(super) const EVENT_LAST: &str = "portreeve_events_last_timestamp_seconds";
pub(super) const EVENT_ALARMS: &str = "portreeve_events_alarms_total";
pub(super) const EVENT_GRANTS_LOST: &str = "portreeve_events_grants_lost_total";
pub(super) const CRAWLS: &str = "portreeve_crawls_total";
pub(super) const EVENT_QUEUE: &str = "portreeve_events_queue_length";

/// Adds the description of each metric to the registry.
pub(super) fn describe() {
    use metrics::{describe_counter as counter, describe_gauge as gauge, describe_histogram as histogram};
    counter!(TOKEN_REQUESTS, "Requests for tokens, by grant type and outcome.");
    counter!(IDENTITY_CHECKS, "Questions to identity providers about people, by answer.");
    counter!(SIGN_INS, "Sign-ins to the pages, by method.");
    counter!(REFUSALS, "Refused requests, by endpoint and cause.");
    histogram!(PHASES, Unit::Seconds, "Duration of each phase of issuing a token.");
    counter!(CACHE_LOOKUPS, "Lookups in caches, by cache and result.");
    histogram!(HASHES, Unit::Seconds, "Duration of hashing a password, without the wait in the queue.");
    counter!(HASHES_REFUSED, "Passwords that were not hashed because too many were waiting.");
    counter!(THROTTLED, "Sign-ins that were refused after too many wrong passwords, by counter.");
    gauge!(HASH_QUEUE, "Passwords that wait to be hashed.");
    gauge!(RULES, "Rules in the policy, including disabled rules.");
    gauge!(BUILD_SECONDS, Unit::Seconds, "Duration of the last build of the policy from the database.");
    gauge!(FEED_SEQ, "Number of the last change that is in force on this server.");
    gauge!(FEED_LAG, Unit::Seconds, "Time since the end of the change feed was last reached.");
    gauge!(FEED_STATE, "Trust in the policy in memory: 1 for the present state, 0 for the other states.");
    counter!(
        CLOCK_STEPS,
        "Number of times that the clock of this machine was set by more than five seconds."
    );
    counter!(
        FEED_BREAKS,
        "Number of times that the change feed did not continue from the last known change."
    );
    counter!(STATEMENTS, "Statements that were sent to the database.");
    gauge!(CERTIFICATE_ENDS, Unit::Seconds, "End of a certificate, in seconds since 1970.");
    gauge!(CONNECTIONS, "Open connections to the database.");
    gauge!(MOST_CONNECTIONS, "Greatest number of connections to the database.");
    gauge!(CLIENTS, "Open connections of clients.");
    gauge!(MOST_CLIENTS, "Greatest number of client connections.");
    counter!(CUT, "Connections that were cut because a step took too long, by step.");
    counter!(EVENTS, "Events that registries reported, by action and result.");
    gauge!(EVENT_LAG, Unit::Seconds, "Age of the oldest event in the last commit.");
    gauge!(EVENT_LAST, Unit::Seconds, "Time of the last event of a service, in seconds since 1970.");
    counter!(EVENT_ALARMS, "Pushes and deletions that no token of the same day granted.");
    counter!(EVENT_GRANTS_LOST, "Records of granted access that were lost because too many waited.");
    counter!(CRAWLS, "Crawls of registries that have ended, by result.");
    gauge!(EVENT_QUEUE, "Events that wait to be committed.");
    counter!(TURNED_AWAY, "Connections that were refused because too many were open, by limit.");
}

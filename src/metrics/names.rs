//! What each metric is called, and what it says to those who read it.

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

/// Tells the registry what each metric means.
pub(super) fn describe() {
    use metrics::{describe_counter as counter, describe_gauge as gauge, describe_histogram as histogram};
    counter!(TOKEN_REQUESTS, "Requests for tokens, by how they asked and what became of them.");
    counter!(IDENTITY_CHECKS, "Questions to identity providers about people, by their answer.");
    counter!(SIGN_INS, "Sign-ins to the pages, by how people proved who they are.");
    counter!(REFUSALS, "Refused requests for tokens, revocations and sign-ins, by where and why.");
    histogram!(PHASES, Unit::Seconds, "How long each part of the work on a token took.");
    counter!(CACHE_LOOKUPS, "Lookups in memory, by cache and whether it had the answer.");
    histogram!(HASHES, Unit::Seconds, "How long hashing a password took, without waiting for its turn.");
    counter!(HASHES_REFUSED, "Passwords that were not hashed because too many were waiting.");
    counter!(THROTTLED, "Sign-ins that were refused after too many wrong passwords, by what was counted.");
    gauge!(HASH_QUEUE, "Passwords that wait to be hashed.");
    gauge!(RULES, "Rules in the policy, disabled ones included.");
    gauge!(BUILD_SECONDS, Unit::Seconds, "How long the policy last took to be built from the database.");
    gauge!(FEED_SEQ, "Number of the last change that is in force here.");
    gauge!(FEED_LAG, Unit::Seconds, "Time since the change feed was last seen to its end.");
    gauge!(FEED_STATE, "1 for how far the policy in memory can be trusted, 0 for the others.");
    counter!(CLOCK_STEPS, "How often the clock of this machine was set by more than five seconds.");
    counter!(FEED_BREAKS, "How often the change feed did not go on from the last change seen.");
    counter!(STATEMENTS, "Statements that were sent to the database.");
    gauge!(CERTIFICATE_ENDS, Unit::Seconds, "When a certificate ends, as seconds since 1970.");
    gauge!(CONNECTIONS, "Open connections to the database.");
    gauge!(MOST_CONNECTIONS, "The most connections to the database there may be.");
    gauge!(CLIENTS, "Open connections of clients.");
    gauge!(MOST_CLIENTS, "The most connections of clients there may be.");
    counter!(CUT, "Connections that were cut because a step of them took too long, by the step.");
    counter!(TURNED_AWAY, "Connections that were refused because there were too many, by where.");
}

//! Why the policy in memory is not used.

/// The feed is older than the operator allows to be trusted.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the policy in memory is too old: the database has not answered for longer than --max-staleness")]
pub struct TooStale;

//! The reason why the policy in memory must not be used.

/// An error: the feed was last read longer ago than the operator allows.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the policy in memory is too old: the database has not answered for longer than --max-staleness")]
pub struct TooStale;

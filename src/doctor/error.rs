//! The reasons why an examination cannot begin.

/// The error for a file that cannot be used: one that the options name, or a certificate or key from docker's
/// files.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(pub(super) String);

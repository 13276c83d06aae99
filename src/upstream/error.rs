//! Why a provider was not asked.

/// Why a call brought nothing that can be used. Its words hold nothing of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCalled {
    /// The network: it would be the same for others.
    #[error("{0}")]
    Failed(String),
    /// The provider does not want to answer what was asked.
    #[error("{0}")]
    Refused(String),
    /// The answer cannot be used: that may be so for what was asked alone.
    #[error("{0}")]
    Odd(String),
    /// What was presented was exchanged, but the answer, which holds what came of it, cannot be used.
    #[error("{0}")]
    Lost(String),
}

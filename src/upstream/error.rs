//! Why a provider was not asked.

/// Why a call brought nothing that can be used. Its words hold nothing of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCalled {
    /// The network, or the answer: it would be the same for others.
    #[error("{0}")]
    Failed(String),
    /// The provider does not want to answer what was asked.
    #[error("{0}")]
    Refused(String),
}

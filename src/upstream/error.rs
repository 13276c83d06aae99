//! The reasons why a call to a provider failed.

/// A reason why a call brought no usable answer. The text contains at most the status of the answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCalled {
    /// The network failed, or the address answers with a redirection. Calls for other people would fail in the same
    /// way.
    #[error("{0}")]
    Failed(String),
    /// The provider refuses the request with a status of 400 to 499, except 408 and 429.
    #[error("{0}")]
    Refused(String),
    /// The answer cannot be used. The fault may concern only this request.
    #[error("{0}")]
    Odd(String),
    /// The provider exchanged the token or code, but its answer with the new tokens cannot be used.
    #[error("{0}")]
    Lost(String),
}

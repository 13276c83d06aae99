//! Why a call failed.

use std::error::Error;

/// Why a call brought no answer, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The other side was not reached, was not trusted, was silent for too long, or broke off.
    #[error(transparent)]
    Call(#[from] reqwest::Error),
    /// The body is longer than this many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// A header cannot carry the credential.
    #[error("the credential holds characters that a header cannot carry")]
    Credential,
}

impl OutboundError {
    /// Whether a time limit ended the call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_timeout())
    }

    /// Whether it ended while the connection was made, TLS included, so that nothing was sent yet.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_connect())
    }

    /// Whether the certificate of the other side was not accepted.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        let mut cause: Option<&dyn Error> = Some(self);
        while let Some(error) = cause {
            if error.to_string().contains("invalid peer certificate") {
                return true;
            }
            cause = error.source();
        }
        false
    }

    /// The innermost cause, without the address: `Connection refused (os error 111)`.
    #[must_use]
    pub fn reason(&self) -> String {
        let mut innermost: &dyn Error = self;
        while let Some(cause) = innermost.source() {
            innermost = cause;
        }
        let text = innermost.to_string();
        text.rsplit(": ").next().unwrap_or_default().to_owned()
    }
}

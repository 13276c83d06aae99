//! The reasons why a call failed.

use std::error::Error;

/// A reason why a call brought no answer, or only a part of it.
#[derive(Debug, thiserror::Error)]
pub enum OutboundError {
    /// The other side could not be reached, was not trusted, was silent for too long, or closed the connection.
    #[error(transparent)]
    Call(#[from] reqwest::Error),
    /// The body is longer than this many bytes.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
    /// The credential contains characters that a header cannot carry.
    #[error("the credential contains characters that a header cannot contain")]
    Credential,
}

impl OutboundError {
    /// Returns true if a time limit ended the call.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_timeout())
    }

    /// Returns true if the call failed while connecting, TLS included. Then nothing was sent.
    #[must_use]
    pub fn is_connecting(&self) -> bool {
        matches!(self, Self::Call(error) if error.is_connect())
    }

    /// Returns true if the certificate of the other side was not accepted.
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

    /// Returns the innermost cause, without the address: `Connection refused (os error 111)`.
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

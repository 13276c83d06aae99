//! Warnings for the operator of a server that works: a code for programs, and a message for people.

use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// A warning for the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// The cause of the warning, in one word for programs.
    #[schema(value_type = String, example = "certificate-ends")]
    pub code: &'static str,
    /// The cause of the warning, and the remedy.
    pub message: String,
}

impl Warning {
    /// Makes a warning.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

//! What an operator should know although everything works: a code for programs, and words for people.

use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// Something that an operator should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    /// What it is about, in one word for programs.
    #[schema(value_type = String, example = "certificate-ends")]
    pub code: &'static str,
    /// What is the matter, and what to do.
    pub message: String,
}

impl Warning {
    /// A warning.
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

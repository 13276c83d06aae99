//! The service globs of a rule.

use super::glob::{InvalidGlob, check_text, refuse_placeholders};
use super::matching;
use crate::domain::service::ServiceName;
use std::fmt;
use std::ops::Deref;

/// A pattern over services. `*` matches any text, and `?` matches one character; all other characters are literal.
///
/// INVARIANT: `None` means `*`. The text `*` itself is never stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceGlob(Option<Box<str>>);

impl ServiceGlob {
    /// Parses a pattern, such as `registry.example.org` or `*.example.org`.
    ///
    /// Fails with [`InvalidGlob`] if the pattern is empty or too long, or contains a control character or a
    /// placeholder.
    pub fn parse(text: &str) -> Result<Self, InvalidGlob> {
        check_text(text)?;
        refuse_placeholders(text)?;
        Ok(if text == "*" { Self::any() } else { Self(Some(text.into())) })
    }

    /// Returns the pattern that matches every service.
    #[must_use]
    pub const fn any() -> Self {
        Self(None)
    }

    /// Returns true if the pattern matches `service`.
    #[must_use]
    pub fn matches(&self, service: &ServiceName) -> bool {
        self.0.as_ref().is_none_or(|pattern| matching::service_fits(pattern, service.as_str()))
    }

    /// Returns the pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_deref().unwrap_or("*")
    }
}

impl fmt::Display for ServiceGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A list of service globs. The usual list, `*` alone, allocates no memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services(Option<Box<[ServiceGlob]>>);

impl Services {
    const EVERY: &[ServiceGlob] = &[ServiceGlob::any()];
}

impl From<Vec<ServiceGlob>> for Services {
    fn from(globs: Vec<ServiceGlob>) -> Self {
        Self((globs != Self::EVERY).then(|| globs.into()))
    }
}

impl Deref for Services {
    type Target = [ServiceGlob];

    fn deref(&self) -> &[ServiceGlob] {
        self.0.as_deref().unwrap_or(Self::EVERY)
    }
}

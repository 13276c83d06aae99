//! What the doctor says: one finding, and how bad it is.

use serde::Serialize;
use strum::IntoStaticStr;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing to do.
    Note,
    /// Fails some clients, or soon all.
    Warning,
    /// Fails now.
    Problem,
}

impl Level {
    /// The level as one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One thing that is right or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at, one word for programs: `issuer`, `realm`, `certs.d`.
    pub check: &'static str,
    /// What was found, one sentence.
    pub what: String,
    /// Why it matters; empty where `what` says it.
    pub why: String,
    /// What to change, with the line between backticks and the file by its path.
    pub fix: Option<String>,
}

impl Finding {
    /// Something that is as it should be.
    #[must_use]
    pub fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, what: what.into(), why: String::new(), fix: None }
    }

    /// Something worth knowing.
    #[must_use]
    pub fn note(check: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { level: Level::Note, check, what: what.into(), why: why.into(), fix: None }
    }

    /// Something that fails some clients, or soon all.
    #[must_use]
    pub fn warning(check: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { level: Level::Warning, check, what: what.into(), why: why.into(), fix: None }
    }

    /// Something that fails now.
    #[must_use]
    pub fn problem(check: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { level: Level::Problem, check, what: what.into(), why: why.into(), fix: None }
    }

    /// The same with what to change.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

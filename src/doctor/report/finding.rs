//! One finding of the doctor, with its severity.

use serde::Serialize;
use strum::IntoStaticStr;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, Serialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Level {
    /// The examined thing is as it should be.
    Ok,
    /// The finding is worth knowing, and is not a fault.
    Note,
    /// The fault needs attention, but does not make all clients fail now.
    Warning,
    /// The fault does harm now: for example, clients fail, or the registry lets everybody in.
    Problem,
}

impl Level {
    /// Returns the level as one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// One statement about the registry or its surroundings, good or bad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The severity of the finding.
    pub level: Level,
    /// The examined thing, as one word for programs: `issuer`, `realm`, `certs.d`.
    pub check: &'static str,
    /// The finding, in one sentence.
    pub what: String,
    /// The reason why the finding matters; empty if `what` already gives it.
    pub why: String,
    /// The fix, in words. A line to write or a command to run is between backticks.
    pub fix: Option<String>,
}

impl Finding {
    /// Returns a finding of the level [`Level::Ok`].
    #[must_use]
    pub fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self { level: Level::Ok, check, what: what.into(), why: String::new(), fix: None }
    }

    /// Returns a finding of the level [`Level::Note`].
    #[must_use]
    pub fn note(check: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { level: Level::Note, check, what: what.into(), why: why.into(), fix: None }
    }

    /// Returns a finding of the level [`Level::Warning`].
    #[must_use]
    pub fn warning(check: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { level: Level::Warning, check, what: what.into(), why: why.into(), fix: None }
    }

    /// Returns a finding of the level [`Level::Problem`].
    #[must_use]
    pub fn problem(check: &'static str, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { level: Level::Problem, check, what: what.into(), why: why.into(), fix: None }
    }

    /// Returns the finding with its fix.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }
}

/// The result of one step: facts for the steps after it, and findings for the report.
#[derive(Debug)]
pub(in crate::doctor) struct Examined<T> {
    /// The facts that the next steps need.
    pub(in crate::doctor) facts: T,
    /// The findings for the report, in the order in which they were found.
    pub(in crate::doctor) findings: Vec<Finding>,
}

impl<T> Examined<T> {
    /// Adds the findings to a report, and returns the facts. A finding that the report already contains is
    /// not repeated.
    pub(in crate::doctor) fn report_to(self, report: &mut Vec<Finding>) -> T {
        for finding in self.findings {
            if !report.contains(&finding) {
                report.push(finding);
            }
        }
        self.facts
    }
}

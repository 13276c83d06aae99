//! The complete report of an examination.

use super::finding::{Finding, Level};
use serde::Serialize;

/// The result of an examination.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The registry's host, with its port if the user gave one.
    pub registry: String,
    /// True if there is no problem, and `tried` is true.
    pub healthy: bool,
    /// True if the doctor offered the registry a token. False again if the issuer of a refused token was only a
    /// guess, and can be the cause: that refusal proves nothing.
    pub tried: bool,
    /// The findings, in the order in which they were found.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Returns a report of the findings.
    pub(in crate::doctor) fn new(registry: String, tried: bool, findings: Vec<Finding>) -> Self {
        let healthy = tried && findings.iter().all(|finding| finding.level != Level::Problem);
        Self { registry, healthy, tried, findings }
    }
}

//! The report: its findings, and the cause of a refused token.

pub(super) mod finding;
pub(super) mod verdict;
pub(super) mod whole;

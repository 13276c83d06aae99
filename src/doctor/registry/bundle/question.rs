//! The question whether a registry trusts the key of a token, and the answer.

use super::fix::fix;
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::keys::Keys;
use crate::doctor::server::program::Program;
use crate::doctor::token::received::Token;
use std::path::Path;

/// The answer: the registry trusts the key, does not, or the doctor cannot decide.
pub(in crate::doctor) enum KeyTrust {
    Yes,
    /// The doctor cannot decide, for this reason.
    Unknown(String),
    No(Box<Finding>),
}

impl KeyTrust {
    pub(super) fn no(finding: Finding) -> Self {
        Self::No(Box::new(finding))
    }

    pub(super) fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Self {
        Self::Unknown(format!("`{}` cannot be read here: {error}", path.display()))
    }
}

/// The question: a token, and the file of the registry that must verify it.
pub(in crate::doctor) struct KeyQuestion<'a> {
    pub(in crate::doctor) file: &'a RegistryFile,
    pub(in crate::doctor) token: &'a Token,
    pub(in crate::doctor) keys: Option<&'a Keys>,
    pub(in crate::doctor) service: &'a str,
    /// The program of the token server.
    pub(in crate::doctor) program: Program,
    /// The time at which certificates must be valid, seconds since the epoch.
    pub(in crate::doctor) now: i64,
}

impl KeyQuestion<'_> {
    /// Returns the fix that makes the registry trust the key.
    pub(super) fn fix(&self) -> String {
        fix(Some(self.file), self.token, self.keys, self.service, self.program)
    }
}

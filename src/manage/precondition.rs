//! Conditions on a write: that the object is still the one the client saw, or is not there yet.
//!
//! The version of an object is the seq of its last change.

use super::ManageError;
use crate::storage::Transaction;

/// What must be true of an object before it is written (RFC 9110 section 13.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Precondition {
    /// `If-Match`: one of these versions.
    pub versions: Option<Vec<i64>>,
    /// `If-Match: *`: there is one.
    pub exists: bool,
    /// `If-None-Match: *`: there is none.
    pub absent: bool,
}

impl Precondition {
    /// Checks inside the transaction and returns the object's version, 0 when there is none.
    pub(super) async fn check(
        &self,
        tx: &mut Transaction,
        kind: &'static str,
        name: &str,
        exists: bool,
    ) -> Result<i64, ManageError> {
        let stale = |why| ManageError::Stale { kind, name: name.to_owned(), why };
        if self.absent && exists {
            return Err(stale("it exists already"));
        }
        let must_exist = self.exists || self.versions.is_some();
        if must_exist && !exists {
            return Err(stale("it does not exist"));
        }
        if !exists {
            return Ok(0);
        }
        let version = tx.version(kind, name).await?;
        if self.versions.as_ref().is_some_and(|versions| !versions.contains(&version)) {
            return Err(stale("it was changed meanwhile: read it again, then repeat the change"));
        }
        Ok(version)
    }
}

//! The repositories that the caller of the administration API may see.

use super::administration::Administration;
use super::caller::Caller;
use super::error::ManageError;
use crate::snapshot::Sight;
use std::sync::Arc;

impl Administration {
    /// Returns the repositories that the caller may pull.
    pub(super) async fn sight_of(&self, caller: &Caller) -> Result<Arc<Sight>, ManageError> {
        caller.unrestricted()?;
        let found = &caller.who.found;
        Ok(Arc::new(Sight {
            snapshot: self.snapshots.at_least(found.seq).await?,
            subject: found.as_subject(),
            restriction: caller.who.restriction.clone(),
            only: None,
            address: caller.origin.address,
            at: caller.origin.at,
        }))
    }
}

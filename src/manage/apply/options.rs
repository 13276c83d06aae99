//! The options of an apply.

use crate::accounts::check_managed_by;
use crate::domain::invalid::FieldErrors;

/// The options of an apply.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// True if the apply only reports the changes, without making them.
    pub dry_run: bool,
    /// True if the apply also deletes objects of `owner` that the files do not name. Deletes only objects of the
    /// kinds that occur in the files.
    pub prune: bool,
    /// The owner of the objects. It becomes their `managed_by`.
    pub owner: Option<String>,
}

impl ApplyOptions {
    /// Fails for an owner that may not be set, and for `prune` without an owner.
    pub(super) fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if let Some(owner) = &self.owner {
            let mut own = FieldErrors::default();
            check_managed_by(&mut own, Some(owner), None);
            for error in own.0 {
                errors.push("owner", error.message);
            }
        } else if self.prune {
            errors.push("owner", "is needed to prune: only objects of one owner are deleted");
        }
        errors.into_result()
    }
}

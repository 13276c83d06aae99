//! How files are applied.

use crate::accounts::check_managed_by;
use crate::domain::invalid::FieldErrors;

/// How files are applied.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Only tell what would change.
    pub dry_run: bool,
    /// Delete objects of `owner`, of the kinds that the files hold, that the files do not name.
    pub prune: bool,
    /// Whose objects these are: becomes their `managed_by`.
    pub owner: Option<String>,
}

impl ApplyOptions {
    /// Checks that they go together.
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

//! Reads the identity of a subject from a row that also has the subject's own columns.

use super::StoreError;
use super::reader::{field, flag, parsed, time};
use crate::domain::identity::{Identity, IdentityState, ProviderName};
use sqlx::any::AnyRow;

/// Reads the identity from a row about a subject. Returns `None` if the subject has none.
pub(super) fn identity(row: &AnyRow) -> Result<Option<Identity>, StoreError> {
    if field::<Option<String>>(row, "identity_provider")?.is_none() {
        return Ok(None);
    }
    Ok(Some(Identity {
        provider: parsed(row, "identity_provider", ProviderName::parse)?,
        issuer: field(row, "identity_issuer")?,
        external_id: field(row, "identity_external_id")?,
        external_name: field(row, "identity_external_name")?,
        state: parsed(row, "identity_state", str::parse::<IdentityState>)?,
        signed_in_at: time(row, "identity_signed_in_at")?,
        checked_at: time(row, "identity_checked_at")?,
        valid_until: time(row, "identity_valid_until")?,
        checkable: flag(row, "identity_checkable")?,
    }))
}

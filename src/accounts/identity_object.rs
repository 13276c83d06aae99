//! The identity of a user as the API shows it and as changes record it.

use crate::domain::identity::{IdentityState, ProviderName};
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use crate::storage::IdentityRow;
use serde::Serialize;
use utoipa::ToSchema;

/// Who vouches for a user.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Identity)]
pub struct IdentityObject {
    /// The user.
    pub user: SubjectName,
    /// The provider.
    pub provider: ProviderName,
    /// The issuer of the provider when it last vouched.
    pub issuer: String,
    /// What the provider calls the person for good.
    pub external_id: String,
    /// What the person is called there.
    pub external_name: String,
    /// `active`, or `refused` when the provider said that the person may not sign in any more.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// When the person last signed in there.
    pub signed_in_at: Timestamp,
    /// When the provider last answered.
    pub checked_at: Timestamp,
    /// Until when that answer is good.
    pub valid_until: Timestamp,
    /// Whether the provider can be asked again without the person.
    pub checkable: bool,
}

impl IdentityObject {
    /// The identity of a row.
    #[must_use]
    pub fn new(row: &IdentityRow) -> Self {
        let identity = &row.identity;
        Self {
            user: row.subject.name.clone(),
            provider: identity.provider.clone(),
            issuer: identity.issuer.clone(),
            external_id: identity.external_id.clone(),
            external_name: identity.external_name.clone(),
            state: identity.state.as_str(),
            signed_in_at: identity.signed_in_at,
            checked_at: identity.checked_at,
            valid_until: identity.valid_until,
            checkable: identity.checkable,
        }
    }
}

/// Whether two states of an identity differ in what the audit trail tells of.
pub(super) fn differs(before: &IdentityRow, after: &IdentityRow) -> bool {
    let told = |row: &IdentityRow| -> (IdentityState, String, String) {
        (row.identity.state, row.identity.issuer.clone(), row.identity.external_name.clone())
    };
    told(before) != told(after)
}

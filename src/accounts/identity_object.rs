//! The identity of a user as the API shows it and as changes record it.

use crate::domain::identity::{IdentityState, ProviderName};
use crate::domain::subject::SubjectName;
use crate::domain::time::Timestamp;
use crate::storage::IdentityRow;
use serde::Serialize;
use utoipa::ToSchema;

/// The provider that vouches for a user.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Identity)]
pub struct IdentityObject {
    /// The name of the user.
    pub user: SubjectName,
    /// The name of the identity provider.
    pub provider: ProviderName,
    /// The issuer of the provider when the provider last vouched for the user.
    pub issuer: String,
    /// The permanent id of the person at the provider.
    pub external_id: String,
    /// The name of the person at the provider.
    pub external_name: String,
    /// `active`, or `refused` when the provider said that the person may not sign in any more.
    #[schema(value_type = String)]
    pub state: &'static str,
    /// The time at which the person last signed in at the provider. Until the first sign-in after a link, the time of
    /// the link.
    pub signed_in_at: Timestamp,
    /// The time at which the provider last confirmed or refused the person. Until the first check after a link, the time of
    /// the link.
    pub checked_at: Timestamp,
    /// The time until which the provider's last answer is valid.
    pub valid_until: Timestamp,
    /// True if this server can ask the provider about the person without a new sign-in.
    pub checkable: bool,
}

impl IdentityObject {
    /// Makes the identity that the API shows, from its database row.
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

/// Returns true if two states of an identity differ in the state, the issuer or the name. Other differences get no
/// record in the audit trail.
pub(super) fn differs(before: &IdentityRow, after: &IdentityRow) -> bool {
    let told = |row: &IdentityRow| -> (IdentityState, String, String) {
        (row.identity.state, row.identity.issuer.clone(), row.identity.external_name.clone())
    };
    told(before) != told(after)
}

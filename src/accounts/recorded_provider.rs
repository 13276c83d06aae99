//! An identity provider as changes record it, without its secret.

use crate::domain::identity::{ProviderFields, ProviderName};
use crate::storage::ProviderRow;
use serde::Serialize;

/// An identity provider as changes record it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordedProvider {
    name: ProviderName,
    #[serde(flatten)]
    fields: ProviderFields,
    has_secret: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    secret_changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<bool>,
}

impl RecordedProvider {
    /// Makes the record of a provider from its database row.
    #[must_use]
    pub fn of(row: &ProviderRow) -> Self {
        Self {
            name: row.settings.name.clone(),
            fields: row.settings.fields().clone(),
            has_secret: row.secret.is_some(),
            secret_changed: false,
            held: None,
        }
    }

    /// Returns this record, which then says if the write changed the secret.
    #[must_use]
    pub fn changed(self, secret_changed: bool) -> Self {
        Self { secret_changed, ..self }
    }

    /// Returns this record, which then says if the provider is held. While a provider is held, its refusals cut
    /// nobody off.
    #[must_use]
    pub fn held(self, held: bool) -> Self {
        Self { held: Some(held), ..self }
    }
}

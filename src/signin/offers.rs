//! The ways to sign in that a page offers.

use super::sign_in::SignIn;
use crate::domain::identity::ProviderSettings;
use crate::storage::StoreError;
use std::sync::Arc;

/// The ways to sign in that a page offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// Providers, in the order to show them.
    pub providers: Vec<ProviderOffer>,
    /// Whether anybody has a password that is stored here.
    pub local_password: bool,
}

/// A provider that people sign in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOffer {
    /// Its name, as its path has it.
    pub name: String,
    /// What people call it.
    pub title: String,
}

impl SignIn {
    /// The ways to sign in that there are now.
    pub async fn offers(&self) -> Result<Offers, StoreError> {
        let local_password = self.store.read().await?.has_local_passwords().await?;
        let providers = self.snapshots.current().enabled_providers();
        let offer = |provider: &Arc<ProviderSettings>| ProviderOffer {
            name: provider.name.to_string(),
            title: provider.shown_title().to_owned(),
        };
        Ok(Offers { providers: providers.iter().map(offer).collect(), local_password })
    }
}

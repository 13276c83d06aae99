//! The ways to sign in that a page offers.

use super::sign_in::SignIn;
use crate::domain::identity::ProviderSettings;
use crate::storage::StoreError;
use std::sync::Arc;

/// The ways to sign in that a page offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// The providers, in the order in which the page shows them.
    pub providers: Vec<ProviderOffer>,
    /// True if at least one enabled user has a password that is stored here.
    pub local_password: bool,
}

/// A provider with which people sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOffer {
    /// The name of the provider, as in the path of the URL.
    pub name: String,
    /// The title of the provider, for people.
    pub title: String,
}

impl SignIn {
    /// Reads the ways to sign in that exist now.
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

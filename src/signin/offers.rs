//! The ways to sign in that a page offers.

use super::sign_in::SignIn;
use crate::storage::StoreError;

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
        Ok(Offers { providers: Vec::new(), local_password })
    }
}

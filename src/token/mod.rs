//! Key material to bytes: the keys folder, signatures, and the published key set.
//!
//! Never reads the store and never decides access. All cryptography of tokens is in here, over
//! ring, so that another library would be a change of this folder alone.

mod certificate;
mod der;
mod files;
mod jwks;
mod key;
mod keyid;
mod keyring;
mod provider;
mod signer;

pub use jwks::Jwks;
pub use keyid::KeyId;
pub use keyring::{Keyring, KeyringError};
pub use provider::install_crypto_provider;
pub use signer::{SignError, Signer};

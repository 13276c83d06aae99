//! Key material to bytes: the keys folder, signatures, and the published key sets.
//!
//! Never reads the store and never decides access. All cryptography of tokens is in here, over
//! ring, so that another library would be a change of this folder alone.

mod bringing;
mod certificate;
mod change;
mod der;
mod error;
mod files;
mod jwks;
mod key;
mod keyid;
mod keyring;
mod making;
mod opening;
mod probe;
mod provider;
mod revoking;
mod signer;
mod states;

pub use bringing::BroughtKey;
pub use change::{PUBLISHED_AFTER, Rotated, Tended};
pub use error::{KeyChangeError, KeyringError};
pub use jwks::Jwks;
pub use keyid::KeyId;
pub use keyring::{Ending, KeyDescription, Keyring, NoSigner};
pub use probe::{KeyForm, Probe};
pub use provider::install_crypto_provider;
pub use revoking::Revoked;
pub use signer::{SignError, Signer};
pub use states::KeyState;

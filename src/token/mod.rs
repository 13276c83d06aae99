//! Keys and tokens: the keys folder, signatures, and the published key sets.
//!
//! This module never reads the store and never decides access. It contains all cryptography of tokens, based on
//! ring.

mod certificate;
mod der;
mod error;
mod folder;
mod foreign;
mod jwks;
mod key;
mod keyid;
mod keyring;
mod loaded_key;
mod own;
mod place_key;
mod probe;
mod provider;
mod seal;
mod signer;
pub mod x509;

pub use error::{KeyChangeError, KeysFolderError};
pub use folder::{Foreseen, KeysFolder, Maintenance, OperatorKey, Revoked, Rotated};
pub use foreign::{FOREIGN_ALGORITHMS, ForeignFault, verify_foreign};
pub use jwks::{Jwks, entity_tag};
pub use keyid::KeyId;
pub use keyring::{Ending, Keyring, NoSigner};
pub use loaded_key::{KeyDescription, KeyState};
pub use probe::{KeyForm, Probe};
pub use provider::install_crypto_provider;
pub use seal::{Place, SealError, SealingKeys};
pub use signer::{SignError, Signer};

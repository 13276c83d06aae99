//! One key of the keys folder in memory: its description, its public half, and its signers.

use super::key::PublicKey;
use super::keyid::KeyId;
use super::place_key::PlaceKey;
use super::provider::RingSigner;
use super::signer::{SignError, Signer};
use super::x509::Certificate;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use strum::IntoStaticStr;

/// The state of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum KeyState {
    /// A key that is published but does not sign yet. Registries can get the key in advance.
    Next,
    /// A key that signs tokens.
    Signing,
    /// A key that no longer signs. It stays published as long as one of its tokens may be valid.
    Retired,
}

impl KeyState {
    /// Returns the word for the state, as `keyring.json` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// The description of a key, without key material.
#[derive(Debug, Clone)]
pub struct KeyDescription {
    /// The name of the key's files, without their ending.
    pub name: String,
    /// The state of the key.
    pub state: KeyState,
    /// The one service that the key signs for; `None` for the key that services share.
    pub service: Option<ServiceName>,
    /// The JWS algorithm of the key.
    pub algorithm: &'static str,
    /// The key id by which distribution 2 looks up the key.
    pub libtrust: KeyId,
    /// The RFC 7638 thumbprint of the key.
    pub thumbprint: KeyId,
    /// The time at which the key was made or added.
    pub created_at: Timestamp,
    /// The time at which the key stopped signing; `None` if it has not signed or still signs.
    pub retired_at: Option<Timestamp>,
    /// The earliest end of the certificates in the key's chain; `None` for a key without a certificate.
    pub certificate_ends_at: Option<Timestamp>,
    /// True if the key's certificate names our CA as its issuer.
    pub is_ours: bool,
}

impl KeyDescription {
    /// Returns the key's id in one of the forms.
    #[must_use]
    pub fn id(&self, form: KeyIdForm) -> &KeyId {
        match form {
            KeyIdForm::Libtrust => &self.libtrust,
            KeyIdForm::Thumbprint => &self.thumbprint,
        }
    }
}

/// A key that was loaded from its files.
pub(super) struct LoadedKey {
    pub(super) about: KeyDescription,
    pub(super) public: PublicKey,
    pub(super) signer: Arc<RingSigner>,
    /// The key's certificate and the certificates above it; empty for a key without a certificate.
    pub(super) chain: Vec<Certificate>,
    /// The key that seals places in lists.
    pub(super) places: PlaceKey,
}

/// The signers of one key, one for each form of key id.
pub(super) struct Signers {
    /// The name of the key.
    pub(super) key: String,
    pub(super) libtrust: Signer,
    pub(super) thumbprint: Signer,
}

impl Signers {
    pub(super) fn new(key: &LoadedKey) -> Result<Self, SignError> {
        // Only the shared key is verified by the certificate in its tokens.
        let chain = key.about.service.is_none().then_some(key.chain.as_slice());
        let signer = |form| Signer::new(&key.signer, &key.public, form, chain);
        Ok(Self {
            key: key.about.name.clone(),
            libtrust: signer(KeyIdForm::Libtrust)?,
            thumbprint: signer(KeyIdForm::Thumbprint)?,
        })
    }
}

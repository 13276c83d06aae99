//! One key of the keys folder in memory: its description, its public half, and what signs with it.

use super::key::PublicKey;
use super::keyid::KeyId;
use super::provider::RingSigner;
use super::signer::{SignError, Signer};
use super::x509::Certificate;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use strum::IntoStaticStr;

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum KeyState {
    /// Published, and does not sign yet: registries that need the key can be given it.
    Next,
    /// Signs tokens.
    Signing,
    /// No longer signs. Stays published as long as a token that it signed may live.
    Retired,
}

impl KeyState {
    /// The word for the state.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Describes a key; no key material.
#[derive(Debug, Clone)]
pub struct KeyDescription {
    /// The name of the key's files, without their ending.
    pub name: String,
    /// Where the key is in its life.
    pub state: KeyState,
    /// The one service that the key signs for; `None` for the key that services share.
    pub service: Option<ServiceName>,
    /// The JWS algorithm.
    pub algorithm: &'static str,
    /// The key id that distribution 2 looks the key up by.
    pub libtrust: KeyId,
    /// The key id of RFC 7638.
    pub thumbprint: KeyId,
    /// When the key was made or added.
    pub created_at: Timestamp,
    /// When the key stopped signing.
    pub retired_at: Option<Timestamp>,
    /// When the first certificate of the key's chain ends.
    pub certificate_ends_at: Option<Timestamp>,
    /// Whether our CA signed the key's certificate.
    pub is_ours: bool,
}

impl KeyDescription {
    /// The key's id in that form.
    #[must_use]
    pub fn id(&self, form: KeyIdForm) -> &KeyId {
        match form {
            KeyIdForm::Libtrust => &self.libtrust,
            KeyIdForm::Thumbprint => &self.thumbprint,
        }
    }
}

/// A key as loaded from its files.
pub(super) struct LoadedKey {
    pub(super) about: KeyDescription,
    pub(super) public: PublicKey,
    pub(super) signer: Arc<RingSigner>,
    /// The key's certificate and those above it; empty for a key without certificate.
    pub(super) chain: Vec<Certificate>,
}

/// The two headers that a key signs under.
pub(super) struct Signers {
    /// The key's name.
    pub(super) key: String,
    pub(super) libtrust: Signer,
    pub(super) thumbprint: Signer,
}

impl Signers {
    pub(super) fn new(key: &LoadedKey) -> Result<Self, SignError> {
        // Only the key that services share is verified by its certificate.
        let chain = key.about.service.is_none().then_some(key.chain.as_slice());
        let signer = |form| Signer::new(&key.signer, &key.public, form, chain);
        Ok(Self {
            key: key.about.name.clone(),
            libtrust: signer(KeyIdForm::Libtrust)?,
            thumbprint: signer(KeyIdForm::Thumbprint)?,
        })
    }
}

//! Tokens that try out which form of key a registry accepts.

use super::key::PublicKey;
use super::provider::RingSigner;
use super::signer::{SignError, Signer};
use super::x509::Certificate;
use crate::domain::claims::AccessClaims;
use crate::domain::verifier::KeyIdForm;
use std::sync::Arc;

/// A way in which a token names its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyForm {
    /// By its certificate, in `x5c`.
    X5c,
    /// By the libtrust id alone.
    Libtrust,
    /// By the RFC 7638 thumbprint alone.
    Thumbprint,
}

/// One key in one form.
#[derive(Debug)]
pub struct Probe {
    /// How its tokens name the key.
    pub form: KeyForm,
    /// The key's name in the keys folder.
    pub key: String,
    /// The JWS algorithm.
    pub algorithm: &'static str,
    signer: Signer,
}

impl Probe {
    /// `None` for a key without certificate in the form that needs one.
    pub(super) fn new(
        form: KeyForm,
        name: &str,
        key: &Arc<RingSigner>,
        public: &PublicKey,
        chain: Option<&[Certificate]>,
    ) -> Option<Self> {
        let (id, chain) = match form {
            KeyForm::X5c => (KeyIdForm::Libtrust, Some(chain?)),
            KeyForm::Libtrust => (KeyIdForm::Libtrust, None),
            KeyForm::Thumbprint => (KeyIdForm::Thumbprint, None),
        };
        let signer = Signer::new(key, public, id, chain).ok()?;
        Some(Self { form, key: name.to_owned(), algorithm: public.algorithm(), signer })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, SignError> {
        self.signer.sign(claims)
    }
}

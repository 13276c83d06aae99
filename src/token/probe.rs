//! Tokens for finding out which form of key id a registry accepts.

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
    /// The token names its key by the key's certificate, in `x5c`.
    X5c,
    /// The token names its key by the libtrust id alone.
    Libtrust,
    /// The token names its key by the RFC 7638 thumbprint alone.
    Thumbprint,
}

/// A signing key, and one way in which its tokens name the key.
#[derive(Debug)]
pub struct Probe {
    /// The way in which the tokens name the key.
    pub form: KeyForm,
    /// The key's name in the keys folder.
    pub key: String,
    /// The JWS algorithm of the key.
    pub algorithm: &'static str,
    signer: Signer,
}

impl Probe {
    /// Makes a probe. Returns `None` if the form needs a certificate and the key has no certificate, or if
    /// the token header cannot be made.
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

    /// Signs a token with these claims.
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, SignError> {
        self.signer.sign(claims)
    }
}

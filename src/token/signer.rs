//! Signs the claims of one token.

use super::key::PublicKey;
use super::keyid::KeyId;
use super::provider::RingSigner;
use super::x509::Certificate;
use crate::domain::claims::AccessClaims;
use crate::domain::verifier::KeyIdForm;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Header;
use jsonwebtoken::crypto::JwtSigner as _;
use signature::Signer as _;
use std::sync::Arc;

/// An error: a part of the token could not be encoded, or the signature could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError;

/// Bytes that are reserved for the encoded signature and the full stop before it: enough for RSA with 4,096 bits.
const LONGEST_SIGNATURE: usize = 688;

/// A signing key with a token header, ready to use: the key is parsed once, and the header encoded once.
pub struct Signer {
    key: Arc<RingSigner>,
    /// The encoded header and the full stop after it.
    header: String,
    key_id: KeyId,
    algorithm: &'static str,
}

impl Signer {
    /// Makes a signer. `chain` becomes the `x5c` of its tokens, the leaf first; `None` leaves `x5c` out.
    pub(super) fn new(
        key: &Arc<RingSigner>,
        public: &PublicKey,
        form: KeyIdForm,
        chain: Option<&[Certificate]>,
    ) -> Result<Self, SignError> {
        let key_id = KeyId::of(public, form);
        let mut header = Header::new(key.algorithm());
        header.kid = Some(key_id.as_str().to_owned());
        // SPEC: RFC 7515 section 4.1.6: standard base64 of DER, the leaf first.
        header.x5c =
            chain.map(|chain| chain.iter().map(|certificate| STANDARD.encode(&certificate.der)).collect());
        let header = serde_json::to_vec(&header).map_err(|_| SignError)?;
        let header = format!("{}.", URL_SAFE_NO_PAD.encode(header));
        Ok(Self { key: key.clone(), header, key_id, algorithm: public.algorithm() })
    }

    /// Returns the `kid` of the signer's tokens.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// Returns the JWS algorithm of the key.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// Signs the claims, and returns the token in its compact form (RFC 7515 section 3.1).
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, SignError> {
        let claims = claims.to_json().map_err(|_| SignError)?;
        let length = self.header.len() + claims.len() * 4 / 3 + LONGEST_SIGNATURE;
        let mut token = String::with_capacity(length);
        token.push_str(&self.header);
        URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
        let signature = self.key.try_sign(token.as_bytes()).map_err(|_| SignError)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Ok(token)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

//! Signs the claims of one token.

use super::certificate::Certificate;
use super::key::{KeyError, PrivateKey};
use super::keyid::KeyId;
use crate::domain::claims::AccessClaims;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// A signature could not be made.
#[derive(Debug, thiserror::Error)]
#[error("the token could not be signed")]
pub struct SignError(#[from] jsonwebtoken::errors::Error);

/// A signing key with its header, ready to use.
pub struct Signer {
    key: EncodingKey,
    header: Header,
    key_id: KeyId,
    algorithm: &'static str,
}

impl Signer {
    pub(super) fn new(key: &PrivateKey, chain: &[Certificate]) -> Result<Self, KeyError> {
        let key_id = KeyId::libtrust(key.public());
        let mut header = Header::new(key.algorithm());
        header.kid = Some(key_id.as_str().to_owned());
        // SPEC: RFC 7515 section 4.1.6: standard base64 of DER, the leaf first.
        header.x5c = Some(chain.iter().map(|certificate| STANDARD.encode(&certificate.der)).collect());
        let encoding = match key.algorithm() {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_der(key.pkcs8()),
            Algorithm::EdDSA => EncodingKey::from_ed_der(key.pkcs8()),
            Algorithm::RS256 => EncodingKey::from_rsa_der(key.pkcs8()),
            _ => return Err(KeyError::Unusable),
        };
        Ok(Self { key: encoding, header, key_id, algorithm: key.public().algorithm() })
    }

    /// The `kid` of its tokens.
    #[must_use]
    pub fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The JWS algorithm.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// The token as it goes over the wire (RFC 7515 section 3.1).
    ///
    /// # Errors
    /// [`SignError`].
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, SignError> {
        Ok(jsonwebtoken::encode(&self.header, claims, &self.key)?)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

//! The cryptography of the crate `jsonwebtoken`, based on ring.
//!
//! The crate itself has no provider for ring.

use super::key::{SigningPair, read_pair};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use signature::{Error, Signer, Verifier};

/// Makes ring the cryptography of `jsonwebtoken` in this process. A second call does nothing.
pub fn install_crypto_provider() {
    // An error means that a provider is installed already.
    let _ = PROVIDER.install_default();
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory,
    verifier_factory,
    key_utils: KeyUtils {
        rsa_pub_components_from_private_key: |_| unsupported(),
        rsa_pub_components_from_public_key: |_| unsupported(),
        ec_pub_components_from_private_key: |_, _| unsupported(),
        ed_pub_components_from_private_key: |_, _| unsupported(),
        compute_digest: |_, _| unsupported(),
    },
};

/// Takes the place of every function in `key_utils`, and always fails. This server never needs those functions, because
/// `jwks` writes its key sets without `jsonwebtoken`.
fn unsupported<T>() -> Result<T> {
    Err(ErrorKind::InvalidKeyFormat.into())
}

type Pair = (SigningPair, Algorithm);
/// A parsed signing key.
pub(super) struct RingSigner(Pair);

impl RingSigner {
    /// Parses a key in DER form; `None` if the key is not for `algorithm`.
    pub(super) fn new(der: &[u8], algorithm: Algorithm) -> Option<Self> {
        read_pair(der).filter(|pair| pair.1 == algorithm).map(Self)
    }
}

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    match RingSigner::new(key.as_bytes(), *algorithm) {
        Some(signer) => Ok(Box::new(signer)),
        None => Err(ErrorKind::InvalidKeyFormat.into()),
    }
}

impl Signer<Vec<u8>> for RingSigner {
    #[expect(clippy::disallowed_methods, reason = "ring signs with its own source of randomness")]
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let random = SystemRandom::new();
        match &self.0.0 {
            SigningPair::Ec(pair) => pair
                .sign(&random, message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| Error::new()),
            SigningPair::Ed(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            SigningPair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(|_| Error::new())?;
                Ok(signature)
            }
        }
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        self.0.1
    }
}

struct RingVerifier {
    algorithm: Algorithm,
    with: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
}

fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let with: &'static dyn VerificationAlgorithm = match algorithm {
        Algorithm::ES256 => &ECDSA_P256_SHA256_FIXED,
        Algorithm::ES384 => &ECDSA_P384_SHA384_FIXED,
        Algorithm::EdDSA => &ED25519,
        Algorithm::RS256 => &RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(RingVerifier { algorithm: *algorithm, with, key: key.try_get_as_bytes()?.to_vec() }))
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        UnparsedPublicKey::new(self.with, &self.key).verify(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

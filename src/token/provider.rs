//! The cryptography of `jsonwebtoken`, over ring.
//!
//! That crate brings no provider for ring. Parsed keys are kept by the digest of their DER form,
//! because it asks for a signer anew for every token.

use super::key::{SigningPair, read_pair};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    UnparsedPublicKey, VerificationAlgorithm,
};
use signature::{Error, Signer, Verifier};
use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// Makes ring the cryptography of `jsonwebtoken` in this process. Does nothing the second time.
pub fn install_crypto_provider() {
    // An error says that it is installed already.
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

/// Key sets are written by `jwks`, not by that crate.
fn unsupported<T>() -> Result<T> {
    Err(ErrorKind::InvalidKeyFormat.into())
}

type Pair = (SigningPair, Algorithm);
type Pairs = RwLock<HashMap<Vec<u8>, Arc<Pair>>>;

/// How many parsed keys are kept; a server has a handful.
const MOST_PAIRS: usize = 64;

fn pair_of(key: &EncodingKey) -> Option<Arc<Pair>> {
    static PAIRS: OnceLock<Pairs> = OnceLock::new();
    let pairs = PAIRS.get_or_init(Pairs::default);
    let name = digest(&SHA256, key.as_bytes()).as_ref().to_vec();
    if let Some(pair) = pairs.read().unwrap_or_else(PoisonError::into_inner).get(&name) {
        return Some(pair.clone());
    }
    let pair = Arc::new(read_pair(key.as_bytes())?);
    let mut kept = pairs.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= MOST_PAIRS {
        kept.clear();
    }
    kept.insert(name, pair.clone());
    Some(pair)
}

struct RingSigner(Arc<Pair>);

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    match pair_of(key) {
        Some(pair) if pair.1 == *algorithm => Ok(Box::new(RingSigner(pair))),
        _ => Err(ErrorKind::InvalidKeyFormat.into()),
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

//! Signing keys: makes keys, reads PEM in every common form, and computes the public halves of keys.

use super::der;
use super::x509::{PemBlock, pem_blocks, to_pem};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RsaKeyPair,
};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

/// The algorithm of keys that this server makes.
pub(super) const MADE_ALGORITHM: &str = "ES256";
/// The smallest accepted RSA key, bits.
const LEAST_RSA_BITS: usize = 2048;

/// The reason why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file contains no private key.
    #[error("it holds no private key in PEM form")]
    NoKey,
    /// The key has a pass phrase.
    #[error("it is encrypted: write it without pass phrase, for example with `openssl pkey -in FILE`")]
    Encrypted,
    /// The key is of an unsupported kind.
    #[error(
        "its kind cannot be used: bring P-256, P-384, Ed25519 or RSA of at least 2048 bits, with its public key (`openssl pkey -in FILE` writes such a file)"
    )]
    Unusable,
    /// The library could not make a key.
    #[error("no key could be made")]
    NotMade,
}

/// A key pair in the form in which ring signs.
pub(super) enum SigningPair {
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// A private key, as PKCS#8.
pub(super) struct PrivateKey {
    pkcs8: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    public: PublicKey,
}

/// The public half of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey {
    algorithm: &'static str,
    spki: Vec<u8>,
    members: Vec<(&'static str, String)>,
}

impl PublicKey {
    fn ec(algorithm: &'static str, curve: &'static str, oid: &[u8], point: &[u8]) -> Option<Self> {
        let coordinates = point.strip_prefix(&[4])?;
        let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
        // SPEC: RFC 7518 section 6.2.1.2: coordinates keep the full length of the curve.
        Some(Self {
            algorithm,
            spki: der::subject_public_key_info(der::OID_EC, Some(oid), point),
            members: vec![
                ("kty", "EC".to_owned()),
                ("crv", curve.to_owned()),
                ("x", URL_SAFE_NO_PAD.encode(x)),
                ("y", URL_SAFE_NO_PAD.encode(y)),
            ],
        })
    }

    pub(super) fn p256(point: &[u8]) -> Option<Self> {
        Self::ec(MADE_ALGORITHM, "P-256", der::OID_P256, point)
    }

    fn p384(point: &[u8]) -> Option<Self> {
        Self::ec("ES384", "P-384", der::OID_P384, point)
    }

    fn ed25519(public: &[u8]) -> Self {
        Self {
            algorithm: "EdDSA",
            spki: der::subject_public_key_info(der::OID_ED25519, None, public),
            members: vec![
                ("kty", "OKP".to_owned()),
                ("crv", "Ed25519".to_owned()),
                ("x", URL_SAFE_NO_PAD.encode(public)),
            ],
        }
    }

    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Self {
        Self {
            algorithm: "RS256",
            spki: der::subject_public_key_info(der::OID_RSA, None, &der::rsa_public_key(n, e)),
            members: vec![
                ("kty", "RSA".to_owned()),
                ("n", URL_SAFE_NO_PAD.encode(n)),
                ("e", URL_SAFE_NO_PAD.encode(e)),
            ],
        }
    }

    /// Returns the key in the DER form that certificates use.
    pub(super) fn subject_public_key_info(&self) -> &[u8] {
        &self.spki
    }

    /// Returns the required members of a JWK for this key, which are public.
    pub(super) fn required_members(&self) -> Map<String, Value> {
        self.members.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
    }

    /// Returns true if no coordinate of a P-256 key begins with a zero byte.
    fn has_full_coordinates(&self) -> bool {
        let point = self.spki.last_chunk::<64>();
        point.is_some_and(|point| point.first() != Some(&0) && point.get(32) != Some(&0))
    }

    /// Returns the JWS algorithm of this key.
    pub(super) fn algorithm(&self) -> &'static str {
        self.algorithm
    }
}

impl PrivateKey {
    /// Makes a new P-256 key.
    // INTEROP: distribution 3.1 drops leading zero bytes of coordinates, so it computes a wrong key id for one key
    // in 128. Such keys are not made.
    #[expect(clippy::disallowed_methods, reason = "ring makes keys from its own source of randomness")]
    pub(super) fn generate() -> Result<Self, KeyError> {
        let random = SystemRandom::new();
        loop {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
                .map_err(|_| KeyError::NotMade)?;
            let key = Self::from_pkcs8(pkcs8.as_ref())?;
            if key.public.has_full_coordinates() {
                return Ok(key);
            }
        }
    }

    /// Reads the first private key of a PEM file: PKCS#8, PKCS#1 or SEC1.
    pub(super) fn from_pem(text: &[u8]) -> Result<Self, KeyError> {
        for block in pem_blocks(text) {
            let Some(PemBlock { label, contents }) = block else {
                return Err(KeyError::NoKey);
            };
            match label.as_str() {
                "PRIVATE KEY" => return Self::from_pkcs8(&contents),
                "RSA PRIVATE KEY" => {
                    return Self::from_pkcs8(&Zeroizing::new(der::pkcs8(der::OID_RSA, None, &contents)));
                }
                // INTEROP: `openssl ecparam -genkey` and `openssl ec` write this form, but ring does not read it.
                "EC PRIVATE KEY" => {
                    return [der::OID_P256, der::OID_P384]
                        .into_iter()
                        .find_map(|curve| {
                            Self::from_pkcs8(&Zeroizing::new(der::pkcs8(der::OID_EC, Some(curve), &contents)))
                                .ok()
                        })
                        .ok_or(KeyError::Unusable);
                }
                "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
                _ => {}
            }
        }
        Err(KeyError::NoKey)
    }

    fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let (pair, algorithm) = read_pair(der).ok_or(KeyError::Unusable)?;
        let public = match (&pair, algorithm) {
            (SigningPair::Ec(pair), Algorithm::ES256) => PublicKey::p256(pair.public_key().as_ref()),
            (SigningPair::Ec(pair), _) => PublicKey::p384(pair.public_key().as_ref()),
            (SigningPair::Ed(pair), _) => Some(PublicKey::ed25519(pair.public_key().as_ref())),
            (SigningPair::Rsa(pair), _) => {
                let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public());
                (pair.public().modulus_len() * 8 >= LEAST_RSA_BITS)
                    .then(|| PublicKey::rsa(&parts.n, &parts.e))
            }
        };
        Ok(Self { pkcs8: Zeroizing::new(der.to_vec()), algorithm, public: public.ok_or(KeyError::Unusable)? })
    }

    pub(super) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Returns the key in the PEM form in which it is stored.
    pub(super) fn to_pem(&self) -> Zeroizing<String> {
        to_pem("PRIVATE KEY", &self.pkcs8)
    }
}

/// Parses a PKCS#8 key of any kind that ring can sign with.
#[expect(clippy::disallowed_methods, reason = "ring checks EC keys with its own source of randomness")]
pub(super) fn read_pair(der: &[u8]) -> Option<(SigningPair, Algorithm)> {
    let random = SystemRandom::new();
    let ec = |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, der, &random).map(SigningPair::Ec).ok();
    if let Some(pair) = ec(&ECDSA_P256_SHA256_FIXED_SIGNING) {
        return Some((pair, Algorithm::ES256));
    }
    if let Some(pair) = ec(&ECDSA_P384_SHA384_FIXED_SIGNING) {
        return Some((pair, Algorithm::ES384));
    }
    if let Ok(pair) = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der) {
        return Some((SigningPair::Ed(pair), Algorithm::EdDSA));
    }
    let pair = RsaKeyPair::from_pkcs8(der).ok()?;
    Some((SigningPair::Rsa(pair), Algorithm::RS256))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_a_leading_zero_byte_are_not_made_trap_22() {
        let point = |first: u8, second: u8| {
            let mut point = [9u8; 65];
            (point[0], point[1], point[33]) = (4, first, second);
            PublicKey::p256(&point).unwrap()
        };
        assert!(point(1, 1).has_full_coordinates());
        assert!(!point(0, 1).has_full_coordinates());
        assert!(!point(1, 0).has_full_coordinates());
        for _ in 0..300 {
            assert!(PrivateKey::generate().unwrap().public.has_full_coordinates());
        }
    }

    #[test]
    fn a_key_survives_being_written_and_read() {
        let key = PrivateKey::generate().unwrap();
        let read = PrivateKey::from_pem(key.to_pem().as_bytes()).unwrap();
        assert_eq!(read.public, key.public);
    }

    #[test]
    fn what_is_no_key_is_refused_with_advice() {
        let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        let junk = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
        for (text, expected) in [
            (&b""[..], KeyError::NoKey),
            (b"words", KeyError::NoKey),
            (encrypted, KeyError::Encrypted),
            (junk, KeyError::Unusable),
        ] {
            assert_eq!(PrivateKey::from_pem(text).err(), Some(expected));
        }
    }
}

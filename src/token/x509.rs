//! X.509 certificates and PEM files, as plain data. No other file uses the X.509 parser.

use crate::domain::time::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::certificate::X509Certificate;
use x509_parser::error::X509Error;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::Pem;
use x509_parser::prelude::FromDer;
use x509_parser::public_key::PublicKey;
use x509_parser::x509::SubjectPublicKeyInfo;
use zeroize::Zeroizing;

/// An error: the bytes are not a certificate. The field contains the parser's message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotACertificate(String);

/// A parsed certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The whole certificate, DER.
    pub der: Vec<u8>,
    /// The public key, DER (SubjectPublicKeyInfo).
    pub spki: Vec<u8>,
    /// True if the public key is an Ed25519 key.
    pub is_ed25519: bool,
    /// The issuer's distinguished name.
    pub issuer: String,
    /// The subject's distinguished name.
    pub subject: String,
    /// The time at which the certificate begins.
    pub not_before: Timestamp,
    /// The time at which the certificate ends.
    pub not_after: Timestamp,
    /// The host names and addresses of the certificate; `None` if it has no subject alternative names.
    pub names: Option<Vec<String>>,
    /// True if the certificate belongs to a certificate authority.
    pub is_ca: bool,
}

/// The result of checking the signature of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignatureCheck {
    /// The key made the signature.
    Genuine,
    /// The key did not make the signature.
    Wrong,
    /// This server does not know the algorithm. Registries may know the algorithm.
    Unknown,
}

impl Certificate {
    /// Parses a certificate in DER form.
    pub fn from_der(der: &[u8]) -> Result<Self, NotACertificate> {
        let (_, parsed) =
            X509Certificate::from_der(der).map_err(|error| NotACertificate(error.to_string()))?;
        let names = parsed.subject_alternative_name().ok().flatten();
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        Ok(Self {
            der: der.to_vec(),
            spki: parsed.public_key().raw.to_vec(),
            is_ed25519: parsed.public_key().algorithm.algorithm.to_id_string() == "1.3.101.112",
            issuer: parsed.issuer().to_string(),
            subject: parsed.subject().to_string(),
            not_before: Timestamp::from_seconds(parsed.validity().not_before.timestamp()),
            not_after: Timestamp::from_seconds(parsed.validity().not_after.timestamp()),
            names,
            is_ca: parsed.is_ca(),
        })
    }

    /// Checks whether the key of `issuer` made the signature of this certificate.
    #[must_use]
    pub fn signature_by(&self, issuer: &Self) -> SignatureCheck {
        let own = X509Certificate::from_der(&self.der).ok();
        let key = SubjectPublicKeyInfo::from_der(&issuer.spki).ok();
        let verified = own.zip(key).map(|((_, own), (_, key))| own.verify_signature(Some(&key)));
        match verified {
            Some(Ok(())) => SignatureCheck::Genuine,
            None | Some(Err(X509Error::SignatureVerificationError)) => SignatureCheck::Wrong,
            Some(Err(_)) => SignatureCheck::Unknown,
        }
    }

    /// Returns the certificate in PEM form.
    #[must_use]
    pub fn to_pem(&self) -> String {
        to_pem("CERTIFICATE", &self.der).to_string()
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv4Addr::from(bytes).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
        },
        _ => None,
    }
}

/// The numbers of a public key, big-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicNumbers {
    /// The point of an elliptic-curve key, as the curve encodes it.
    Ec(Vec<u8>),
    /// The numbers of an RSA key.
    Rsa {
        /// The modulus n, which may have leading zero bytes.
        modulus: Vec<u8>,
        /// The exponent e, which may have leading zero bytes.
        exponent: Vec<u8>,
    },
}

impl PublicNumbers {
    /// Parses a SubjectPublicKeyInfo in DER form; `None` for a key that is neither EC nor RSA.
    #[must_use]
    pub fn from_spki(spki: &[u8]) -> Option<Self> {
        let (_, key) = SubjectPublicKeyInfo::from_der(spki).ok()?;
        match key.parsed().ok()? {
            PublicKey::EC(point) => Some(Self::Ec(point.data().to_vec())),
            PublicKey::RSA(key) => {
                Some(Self::Rsa { modulus: key.modulus.to_vec(), exponent: key.exponent.to_vec() })
            }
            _ => None,
        }
    }
}

/// One block of a PEM file.
pub struct PemBlock {
    /// The kind of the block, for example `CERTIFICATE`.
    pub label: String,
    /// The DER content, which may be a private key.
    pub contents: Zeroizing<Vec<u8>>,
}

/// Returns the blocks of a PEM file, in order; `None` in place of a block that cannot be read.
// SPEC: RFC 7468 section 2.
pub fn pem_blocks(text: &[u8]) -> impl Iterator<Item = Option<PemBlock>> {
    let blocks = Pem::iter_from_buffer(text).map(Result::ok);
    blocks.map(|block| block.map(|Pem { label, contents }| PemBlock { label, contents: contents.into() }))
}

/// Writes DER content as PEM.
// SPEC: RFC 7468 section 2.
pub(super) fn to_pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(format!("-----BEGIN {label}-----\n"));
    for (i, character) in encoded.chars().enumerate() {
        if i > 0 && i % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str(&format!("\n-----END {label}-----\n"));
    text
}

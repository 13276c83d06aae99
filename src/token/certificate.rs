//! Certificates: a small private CA, and leaves for signing keys.
//!
//! Registries hold the CA alone; the leaf travels in every token's `x5c`. New signing keys
//! therefore need no change at any registry.
// SPEC: distribution verifies `x5c` against `rootcertbundle` (registry/auth/token/token.go).

use super::key::{KeyError, PrivateKey, PublicKey};
use super::x509::{Certificate, SignatureCheck, pem_blocks};
use crate::domain::time::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PKCS_ECDSA_P256_SHA256, SerialNumber, SubjectPublicKeyInfo,
};
use time::OffsetDateTime;
use zeroize::Zeroizing;

const DAY: i64 = 86_400;
/// The subject of every leaf that is issued here.
const SIGNER: &str = "Portreeve token signer";
/// The CA begins a day early, for registries whose clock is behind.
const BACKDATED: i64 = DAY;
const CA_LIFE: i64 = 3650 * DAY;
/// How long a leaf lasts that travels in tokens, seconds.
const LEAF_LIFE: i64 = 90 * DAY;
/// A leaf is renewed so long before its end, seconds.
const RENEWED_BEFORE: i64 = 30 * DAY;
/// A leaf that somebody else made with our CA is renewed so long after its begin, seconds.
const REPLACED_AFTER: i64 = 61 * DAY;

/// Why a certificate cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The library refused.
    #[error("no certificate could be made: {0}")]
    NotMade(String),
    /// Not a PEM file of certificates.
    #[error("it holds no certificate in PEM form")]
    NoCertificate,
    /// The CA's key cannot be read, or cannot sign.
    #[error("it is not the key of a certificate authority: {0}")]
    NotACaKey(KeyError),
    /// Key and certificate of the CA do not belong together.
    #[error(
        "it is not the key of ca.crt: bring the right one, or make both anew with `portreeve keys revoke NAME --replace-ca`"
    )]
    OtherCaKey,
}

fn not_made(error: impl std::fmt::Display) -> CertificateError {
    CertificateError::NotMade(error.to_string())
}

fn date(time: Timestamp) -> Result<OffsetDateTime, CertificateError> {
    OffsetDateTime::from_unix_timestamp(time.as_seconds()).map_err(not_made)
}

fn params(name: String, begin: Timestamp, end: Timestamp) -> Result<CertificateParams, CertificateError> {
    let mut params = CertificateParams::default();
    let mut distinguished = DistinguishedName::new();
    distinguished.push(DnType::CommonName, name);
    params.distinguished_name = distinguished;
    params.not_before = date(begin)?;
    params.not_after = date(end)?;
    let mut serial: [u8; 16] = crate::entropy::bytes().map_err(not_made)?;
    if let Some(first) = serial.first_mut() {
        // Positive, and of one length.
        *first = (*first & 0x7f) | 0x40;
    }
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

/// The key and certificate of a new CA, both in PEM form.
pub(super) fn new_ca(now: Timestamp) -> Result<(Zeroizing<String>, String), CertificateError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(not_made)?;
    let pem = Zeroizing::new(key.serialize_pem());
    let certificate = ca_certificate(&key, now)?;
    Ok((pem, certificate))
}

/// A certificate for an existing CA key.
pub(super) fn ca_certificate_for(key: &str, now: Timestamp) -> Result<String, CertificateError> {
    ca_certificate(&ca_key(key)?, now)
}

/// The key of a CA, in each form in which signing keys are taken.
fn ca_key(text: &str) -> Result<KeyPair, CertificateError> {
    let key = PrivateKey::from_pem(text.as_bytes()).map_err(CertificateError::NotACaKey)?;
    KeyPair::from_pem(&key.to_pem()).map_err(not_made)
}

fn ca_certificate(key: &KeyPair, now: Timestamp) -> Result<String, CertificateError> {
    let [a, b, c, d] = crate::entropy::bytes().map_err(not_made)?;
    let name = format!("Portreeve token CA {a:02x}{b:02x}{c:02x}{d:02x}");
    let mut params = params(name, now.plus_seconds(-BACKDATED), now.plus_seconds(CA_LIFE))?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(params.self_signed(key).map_err(not_made)?.pem())
}

/// What a leaf is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafUse {
    /// It travels in tokens: 90 days, renewed in time.
    InTokens,
    /// A registry holds it: as long as the CA, because the registry cannot be given another.
    AtRegistry,
}

/// A leaf for a signing key, signed by the CA, in PEM form.
///
/// INVARIANT: It begins with the CA. So a leaf that was made while the clock was ahead is good as soon as the clock
/// is right again, and for every other server, whatever its clock.
pub(super) fn issue_leaf(
    key_of_ca: &str,
    ca_certificate: &str,
    public: &PublicKey,
    leaf_use: LeafUse,
    now: Timestamp,
) -> Result<String, CertificateError> {
    let key = ca_key(key_of_ca)?;
    let ca = read(ca_certificate.as_bytes())?;
    let ca = ca.first().ok_or(CertificateError::NoCertificate)?;
    if !ca.spki.ends_with(key.public_key_raw()) {
        return Err(CertificateError::OtherCaKey);
    }
    let end = match leaf_use {
        LeafUse::InTokens => now.plus_seconds(LEAF_LIFE).min(ca.not_after),
        LeafUse::AtRegistry => ca.not_after,
    };
    let begin = ca.not_before;
    let issuer = Issuer::from_ca_cert_pem(ca_certificate, key).map_err(not_made)?;
    let spki = SubjectPublicKeyInfo::from_der(public.subject_public_key_info()).map_err(not_made)?;
    let mut params = params(SIGNER.to_owned(), begin, end)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    Ok(params.signed_by(&spki, &issuer).map_err(not_made)?.pem())
}

/// Whether the leaf of a chain names this CA as its issuer.
pub(super) fn names_issuer(chain: &[Certificate], ca: &[Certificate]) -> bool {
    chain.first().zip(ca.first()).is_some_and(|(leaf, ca)| leaf.issuer == ca.subject)
}

/// From when on a leaf that travels in tokens is to be renewed; `None` if a new one would not be better.
///
/// A leaf that begins later than the CA is from a release that let leaves begin a day before they were made. It is to
/// be renewed at once while it has not begun.
pub(super) fn renewal(leaf: &Certificate, ca: &Certificate, now: Timestamp) -> Option<Timestamp> {
    if !is_from_here(leaf) {
        return Some(leaf.not_before.plus_seconds(REPLACED_AFTER));
    }
    if leaf.not_before > now && leaf.not_before > ca.not_before {
        return Some(now);
    }
    (leaf.not_after < ca.not_after).then(|| leaf.not_after.plus_seconds(-RENEWED_BEFORE))
}

/// Whether a server like this one issued the certificate, with whichever CA.
pub(super) fn is_from_here(certificate: &Certificate) -> bool {
    certificate.subject.strip_prefix("CN=") == Some(SIGNER)
}

/// Whether the key of `above` signed `below`, as far as we can tell: registries verify algorithms that we do not
/// know.
pub(super) fn is_signed_by(below: &Certificate, above: &Certificate) -> bool {
    below.issuer == above.subject && below.signature_by(above) != SignatureCheck::Wrong
}

/// The certificates of a PEM file, in order; at least one.
pub(super) fn read(text: &[u8]) -> Result<Vec<Certificate>, CertificateError> {
    let mut chain = Vec::new();
    for block in pem_blocks(text) {
        let block = block.ok_or(CertificateError::NoCertificate)?;
        if block.label == "CERTIFICATE" {
            let read = Certificate::from_der(&block.contents);
            chain.push(read.map_err(|_| CertificateError::NoCertificate)?);
        }
    }
    if chain.is_empty() { Err(CertificateError::NoCertificate) } else { Ok(chain) }
}

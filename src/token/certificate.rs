//! Certificates: a small private CA, and leaf certificates for signing keys.
//!
//! A registry that verifies certificates has only the CA's certificate. The leaf is in the `x5c` of each token that the
//! shared key signs. So a new shared key needs no change at such a registry.
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
/// The subject of every leaf that this server issues.
const SIGNER: &str = "Portreeve token signer";
/// Seconds by which the beginning of a new CA is backdated, for registries whose clock is behind.
const BACKDATED: i64 = DAY;
const CA_LIFE: i64 = 3650 * DAY;
/// The lifetime of a leaf in tokens, seconds.
const LEAF_LIFE: i64 = 90 * DAY;
/// Seconds before the end of a leaf from which the leaf is due for renewal.
const RENEWED_BEFORE: i64 = 30 * DAY;
/// The age, in seconds, from which a leaf that another program made with our CA is due for renewal.
const REPLACED_AFTER: i64 = 61 * DAY;

/// The reason why a certificate cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The library could not make the certificate.
    #[error("no certificate could be made: {0}")]
    NotMade(String),
    /// The file is not a PEM file of certificates.
    #[error("it holds no certificate in PEM form")]
    NoCertificate,
    /// The CA's key cannot be read, or cannot sign.
    #[error("it is not the key of a certificate authority: {0}")]
    NotACaKey(KeyError),
    /// The key and the certificate of the CA do not belong together.
    #[error(
        "it is not the key of ca.crt: bring the right key, or make a new key and CA with `portreeve keys revoke NAME --replace-ca`"
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
        // The first byte makes the serial number positive and of constant length.
        *first = (*first & 0x7f) | 0x40;
    }
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    Ok(params)
}

/// Makes a new CA. Returns its key and its certificate, both in PEM form.
pub(super) fn new_ca(now: Timestamp) -> Result<(Zeroizing<String>, String), CertificateError> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(not_made)?;
    let pem = Zeroizing::new(key.serialize_pem());
    let certificate = ca_certificate(&key, now)?;
    Ok((pem, certificate))
}

/// Makes a self-signed certificate for an existing CA key. The key and the certificate are in PEM form.
pub(super) fn ca_certificate_for(key: &str, now: Timestamp) -> Result<String, CertificateError> {
    ca_certificate(&ca_key(key)?, now)
}

/// Parses the key of a CA, in every form that signing keys may have.
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

/// The purpose of a leaf, which decides how long the leaf lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeafUse {
    /// The leaf is in every token that its key signs. It lasts at most 90 days, and is renewed before its end.
    InTokens,
    /// The leaf is installed at a registry. It lasts as long as the CA, because the registry would not get a new
    /// leaf.
    AtRegistry,
}

/// Issues a leaf for the signing key whose public half is `public`. The CA signs the leaf. The CA's key, the CA's
/// certificate and the leaf are in PEM form. Fails if `key_of_ca` is not the key of `ca_certificate`.
///
/// INVARIANT: the leaf begins at the same time as the CA. So a leaf that was made while the clock was ahead is
/// valid as soon as the clock is right again, and on servers whose clock is behind.
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

/// Returns true if the leaf of a chain names this CA as its issuer.
pub(super) fn names_issuer(chain: &[Certificate], ca: &[Certificate]) -> bool {
    chain.first().zip(ca.first()).is_some_and(|(leaf, ca)| leaf.issuer == ca.subject)
}

/// Returns the time at which a leaf in tokens must be renewed; `None` if a new leaf would not last longer. A
/// leaf that another program made is renewed 61 days after its beginning.
///
/// Older releases made leaves that begin one day before they were made. If such a leaf begins later than the CA and
/// has not begun yet, it is renewed at once.
pub(super) fn renewal(leaf: &Certificate, ca: &Certificate, now: Timestamp) -> Option<Timestamp> {
    if !is_from_here(leaf) {
        return Some(leaf.not_before.plus_seconds(REPLACED_AFTER));
    }
    if leaf.not_before > now && leaf.not_before > ca.not_before {
        return Some(now);
    }
    (leaf.not_after < ca.not_after).then(|| leaf.not_after.plus_seconds(-RENEWED_BEFORE))
}

/// Returns true if this server or another Portreeve server issued the certificate, whichever CA signed it.
pub(super) fn is_from_here(certificate: &Certificate) -> bool {
    certificate.subject.strip_prefix("CN=") == Some(SIGNER)
}

/// Returns true if `below` names `above` as its issuer and the key of `above` signed `below`. A signature with an
/// unknown algorithm counts as right, because registries may know algorithms that this server does not know.
pub(super) fn is_signed_by(below: &Certificate, above: &Certificate) -> bool {
    below.issuer == above.subject && below.signature_by(above) != SignatureCheck::Wrong
}

/// Parses the certificates of a PEM file, in order. Fails if a block is malformed or if there is no
/// certificate.
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

//! Reads certificates of tokens, bundles and connections, and computes the ids of their keys.

use crate::token::KeyId;
use crate::token::x509::{Certificate, PublicNumbers, SignatureCheck, pem_blocks};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};

/// The fields of a certificate that the doctor uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) struct Cert {
    der: Vec<u8>,
    pub(in crate::doctor) subject: String,
    pub(in crate::doctor) issuer: String,
    /// The beginning and end of the certificate, seconds since the epoch.
    pub(in crate::doctor) not_before: i64,
    pub(in crate::doctor) not_after: i64,
    /// The public key, DER.
    pub(in crate::doctor) spki: Vec<u8>,
    pub(in crate::doctor) is_ed25519: bool,
    /// The host names and addresses in the certificate.
    pub(in crate::doctor) names: Vec<String>,
}

impl Cert {
    /// Parses a certificate in DER.
    pub(in crate::doctor) fn from_der(der: &[u8]) -> Option<Self> {
        let read = Certificate::from_der(der).ok()?;
        Some(Self {
            der: read.der,
            subject: read.subject,
            issuer: read.issuer,
            not_before: read.not_before.as_seconds(),
            not_after: read.not_after.as_seconds(),
            spki: read.spki,
            is_ed25519: read.is_ed25519,
            names: read.names.unwrap_or_default(),
        })
    }

    /// Parses the certificates of a PEM file, in their order.
    pub(in crate::doctor) fn from_pem(text: &[u8]) -> Vec<Self> {
        pem_blocks(text)
            .flatten()
            .filter(|block| block.label == "CERTIFICATE")
            .filter_map(|block| Self::from_der(&block.contents))
            .collect()
    }

    /// Returns true if the key of `other` signed this certificate.
    pub(in crate::doctor) fn is_signed_by(&self, other: &Self) -> bool {
        let both = Certificate::from_der(&self.der).ok().zip(Certificate::from_der(&other.der).ok());
        let is_genuine = both.is_some_and(|(own, other)| own.signature_by(&other) == SignatureCheck::Genuine);
        self.issuer == other.subject && is_genuine
    }

    /// Returns true if the certificate is valid at `now`, seconds since the epoch.
    pub(in crate::doctor) fn holds_at(&self, now: i64) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    /// Returns the key id by which distribution 2.x looks up the key.
    pub(in crate::doctor) fn libtrust(&self) -> String {
        KeyId::libtrust(&self.spki).to_string()
    }

    /// Returns the key id by which distribution 3.1 looks up the key, or `None` if the key is neither EC nor
    /// RSA.
    pub(in crate::doctor) fn thumbprint(&self) -> Option<String> {
        thumbprint(&self.spki)
    }
}

fn hashed(canonical: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

/// Returns the RFC 7638 thumbprint of a public key in DER, or `None` if the key is neither EC nor RSA.
// SPEC: RFC 7638 section 3: the required members in alphabetical order.
pub(in crate::doctor) fn thumbprint(spki: &[u8]) -> Option<String> {
    let canonical = match PublicNumbers::from_spki(spki)? {
        PublicNumbers::Ec(point) => {
            let coordinates = point.strip_prefix(&[4])?;
            let (x, y) = coordinates.split_at_checked(coordinates.len() / 2)?;
            let curve = match x.len() {
                32 => "P-256",
                48 => "P-384",
                _ => "P-521",
            };
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        }
        PublicNumbers::Rsa { modulus, exponent } => {
            let number = |bytes: &[u8]| {
                let start = bytes.iter().position(|byte| *byte != 0).unwrap_or_default();
                URL_SAFE_NO_PAD.encode(bytes.get(start..).unwrap_or_default())
            };
            format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, number(&exponent), number(&modulus))
        }
    };
    Some(hashed(&canonical))
}

/// Returns the RFC 7638 thumbprint of a key in a key set.
pub(in crate::doctor) fn thumbprint_of_jwk(key: &serde_json::Value) -> Option<String> {
    let text = |name: &str| key.get(name)?.as_str();
    let members: &[&str] = match text("kty")? {
        "EC" => &["crv", "kty", "x", "y"],
        "OKP" => &["crv", "kty", "x"],
        "RSA" => &["e", "kty", "n"],
        _ => return None,
    };
    let members: Option<Vec<String>> =
        members.iter().map(|name| Some(format!(r#""{name}":"{}""#, text(name)?))).collect();
    Some(hashed(&format!("{{{}}}", members?.join(","))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_names_who_signed_it() {
        let ca_key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let mut ca = rcgen::CertificateParams::default();
        ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let root = ca.self_signed(&ca_key).unwrap();
        let issuer = rcgen::Issuer::from_params(&ca, &ca_key);
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let leaf = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
        let leaf = Cert::from_der(leaf.signed_by(&key, &issuer).unwrap().der()).unwrap();
        let root = Cert::from_pem(root.pem().as_bytes()).pop().unwrap();
        assert!(leaf.is_signed_by(&root) && root.is_signed_by(&root));
        assert!(!root.is_signed_by(&leaf));
        assert_eq!(leaf.names, ["a.example"]);
    }
}

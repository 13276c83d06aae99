//! Reads the content of a token, and verifies the token.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use x509_parser::prelude::{FromDer, X509Certificate};

fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).expect("the token is not a JWT");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub fn header(token: &str) -> Value {
    part(token, 0)
}

pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// Returns the grants of a token: resources and actions.
pub fn access(token: &str) -> Vec<(String, Value)> {
    let granted = claims(token)["access"].as_array().unwrap().clone();
    let entries = granted.iter().map(|entry| {
        let text = |field: &str| entry[field].as_str().unwrap().to_owned();
        (format!("{}:{}", text("type"), text("name")), entry["actions"].clone())
    });
    entries.collect()
}

fn is_verified(token: &str, service: &str, key: &DecodingKey) -> bool {
    portreeve::token::install_crypto_provider();
    // The algorithm must be that of the key. A key of another kind fails.
    let algorithm: Algorithm = header(token)["alg"].as_str().unwrap().parse().unwrap();
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&[service]);
    validation.set_issuer(&["portreeve"]);
    jsonwebtoken::decode::<Value>(token, key, &validation).is_ok()
}

/// Returns true if the key set contains the key with the token's id and that key verifies the token.
pub fn verifies_by_key_set(token: &str, service: &str, keys: &[Value]) -> bool {
    let id = &header(token)["kid"];
    let Some(key) = keys.iter().find(|key| key["kid"] == *id) else { return false };
    assert_eq!(key["alg"], header(token)["alg"]);
    let jwk: Jwk = serde_json::from_value(key.clone()).unwrap();
    let key = match key["kty"].as_str() {
        // The installed library reads RSA keys only as DER.
        Some("RSA") => DecodingKey::from_rsa_der(&rsa_public_key(key)),
        _ => DecodingKey::from_jwk(&jwk).unwrap(),
    };
    is_verified(token, service, &key)
}

/// Encodes an RSA public key as DER, see RFC 8017 appendix A.1.1.
fn rsa_public_key(key: &Value) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
        let length = if content.len() < 128 { vec![low] } else { vec![0x82, high, low] };
        [&[tag], &length[..], content].concat()
    };
    let integer = |member: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(key[member].as_str().unwrap()).unwrap();
        let sign: &[u8] = if bytes[0] < 128 { &[] } else { &[0] };
        element(2, &[sign, &bytes[..]].concat())
    };
    element(0x30, &[integer("n"), integer("e")].concat())
}

/// Returns the DER of the certificates in a PEM file.
pub fn certificates(pem: &str) -> Vec<Vec<u8>> {
    let blocks = x509_parser::pem::Pem::iter_from_buffer(pem.as_bytes());
    blocks
        .map(|block| block.unwrap())
        .filter(|block| block.label == "CERTIFICATE")
        .map(|b| b.contents)
        .collect()
}

/// Returns true if the key of this certificate (PEM) verifies the token, for a registry that has only this certificate.
pub fn verifies_by_certificate(token: &str, service: &str, pem: &str) -> bool {
    let der = certificates(pem).remove(0);
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let key = certificate.public_key().subject_public_key.data.to_vec();
    let key = match header(token)["alg"].as_str().unwrap() {
        "RS256" => DecodingKey::from_rsa_der(&key),
        "EdDSA" => DecodingKey::from_ed_der(&key),
        _ => DecodingKey::from_ec_der(&key),
    };
    is_verified(token, service, &key)
}

/// Returns true if the token contains a certificate that the CA (PEM) signed, and the certificate verifies the token.
pub fn verifies_by_authority(token: &str, service: &str, ca: &str) -> bool {
    let Some(leaf) = header(token)["x5c"][0].as_str().map(|leaf| STANDARD.decode(leaf).unwrap()) else {
        return false;
    };
    let ca = certificates(ca).remove(0);
    let (_, ca) = X509Certificate::from_der(&ca).unwrap();
    let (_, certificate) = X509Certificate::from_der(&leaf).unwrap();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&leaf));
    certificate.verify_signature(Some(ca.public_key())).is_ok()
        && verifies_by_certificate(token, service, &pem)
}

/// Returns true if every member of the published keys is public.
pub fn is_public(keys: &[Value]) -> bool {
    let public = json!(["alg", "crv", "e", "kid", "kty", "n", "use", "x", "y"]);
    let public = public.as_array().unwrap();
    keys.iter().all(|key| key.as_object().unwrap().keys().all(|member| public.contains(&json!(member))))
}

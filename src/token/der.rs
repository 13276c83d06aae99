//! Writes the small part of DER that this server needs: the envelopes in which other programs expect keys.
// SPEC: ITU-T X.690 section 8.1; RFC 5208 (PKCS#8), RFC 5280 section 4.1 (SubjectPublicKeyInfo).

pub(super) const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
pub(super) const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
pub(super) const OID_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
pub(super) const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
pub(super) const OID_ED25519: &[u8] = &[0x2b, 0x65, 0x70];

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.iter().copied().skip_while(|byte| *byte == 0).collect();
    match significant.as_slice() {
        [] => out.push(0),
        [short] if *short < 0x80 => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

/// Encodes an AlgorithmIdentifier. The parameters are the curve for an EC key and NULL for RSA; Ed25519 has none.
fn algorithm(oid: &[u8], curve: Option<&[u8]>) -> Vec<u8> {
    let mut content = element(OBJECT_IDENTIFIER, oid);
    match curve {
        Some(curve) => content.extend(element(OBJECT_IDENTIFIER, curve)),
        None if oid == OID_RSA => content.extend(element(NULL, &[])),
        None => {}
    }
    element(SEQUENCE, &content)
}

/// Wraps a private key of an older form (PKCS#1, SEC1) in PKCS#8.
pub(super) fn pkcs8(oid: &[u8], curve: Option<&[u8]>, private: &[u8]) -> Vec<u8> {
    let mut content = element(INTEGER, &[0]);
    content.extend(algorithm(oid, curve));
    content.extend(element(OCTET_STRING, private));
    element(SEQUENCE, &content)
}

/// Encodes a public key in the form that certificates use.
pub(super) fn subject_public_key_info(oid: &[u8], curve: Option<&[u8]>, public: &[u8]) -> Vec<u8> {
    let mut bits = vec![0];
    bits.extend_from_slice(public);
    let mut content = algorithm(oid, curve);
    content.extend(element(BIT_STRING, &bits));
    element(SEQUENCE, &content)
}

/// Encodes an RSAPublicKey (RFC 8017 appendix A.1.1) from big-endian numbers without leading zeros.
pub(super) fn rsa_public_key(n: &[u8], e: &[u8]) -> Vec<u8> {
    let number = |bytes: &[u8]| {
        let mut content = Vec::new();
        if bytes.first().is_some_and(|byte| *byte >= 0x80) {
            content.push(0);
        }
        content.extend_from_slice(bytes);
        element(INTEGER, &content)
    };
    element(SEQUENCE, &[number(n), number(e)].concat())
}

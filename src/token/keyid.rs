//! Key ids, in the two forms by which registries look up keys.

use super::key::PublicKey;
use crate::domain::verifier::KeyIdForm;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde_json::Value;
use std::fmt;

/// The `kid` of a token's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(String);

impl KeyId {
    /// Computes the id of a key in one of the forms.
    pub(super) fn of(key: &PublicKey, form: KeyIdForm) -> Self {
        match form {
            KeyIdForm::Libtrust => Self::libtrust(key.subject_public_key_info()),
            KeyIdForm::Thumbprint => Self::thumbprint(key),
        }
    }

    /// Computes the libtrust id of a SubjectPublicKeyInfo in DER: the first 30 bytes of its SHA-256 in base32, in
    /// groups of four characters with colons between them.
    // SPEC: libtrust's keyIDFromCryptoKey; distribution 2.x looks up keys by this id.
    #[must_use]
    pub fn libtrust(spki: &[u8]) -> Self {
        let hash = digest(&SHA256, spki);
        let text = base32(hash.as_ref().get(..30).unwrap_or_default());
        let mut grouped = String::with_capacity(59);
        for (i, character) in text.chars().enumerate() {
            if i > 0 && i % 4 == 0 {
                grouped.push(':');
            }
            grouped.push(character);
        }
        Self(grouped)
    }

    /// Computes the JWK thumbprint: the SHA-256 of the required members in alphabetical order.
    // SPEC: RFC 7638 section 3; RFC 8037 section 2 for Ed25519.
    fn thumbprint(key: &PublicKey) -> Self {
        // A JSON map sorts its keys, and the members are plain ASCII.
        let canonical = Value::Object(key.required_members()).to_string();
        Self(URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes())))
    }

    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Encodes bytes in base32 without padding (RFC 4648 section 6).
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            let index = usize::try_from((buffer >> bits) & 31).unwrap_or(0);
            text.extend(ALPHABET.get(index).map(|character| char::from(*character)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ec(x: &str, y: &str) -> PublicKey {
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let point = [&[4][..], &decode(x), &decode(y)].concat();
        PublicKey::p256(&point).unwrap()
    }

    #[test]
    fn the_published_vectors_come_out_in_both_forms() {
        // SPEC: the first row is the example key of distribution's page on tokens.
        let table = [
            (
                "m7zUpx3b-zmVE5cymSs64POG9QcyEpJaYCD82-549_Q",
                "dU3biz8sZ_8GPB-odm8Wxz3lNDr1xcAQQPQaOcr1fmc",
                "PYYO:TEWU:V7JH:26JV:AQTZ:LJC3:SXVJ:XGHA:34F2:2LAQ:ZRMK:Z7Q6",
                "8qjioA3ZA7ti2JIE7c-U8smBFuZolQZvhSHDPU3hhB8",
            ),
            (
                "vpEzTxxgFztYbF8hFYuGjKxVab4bHiLFjyRZgNTlNJY",
                "_5elGNFMBv6GHw4mPyDjDV3peceyLXNwchSXUDerINo",
                "X5OY:6PGC:QLWM:5XOX:TC3E:4F5R:75EA:4W6O:3UWL:JFV6:TWUL:RNVQ",
                "QbUuMkLi-a6oh6L9EgxhfZEZxPIVTQcuN_rKUGVoa98",
            ),
            (
                // This key has a coordinate with a leading zero byte, which the thumbprint must include.
                "AC9D2cj1PrSG_AQbncXmjJmtwhRCtjBrkGdhmkQMRQU",
                "m7WxXK26goq2WnJOIXAhVeInjeThGuKKVJfjvTYHkQI",
                "E6R4:ADTR:BI3B:BY5G:RHQZ:RSZA:UA6O:5MUL:NNDD:LEHW:HXJI:S467",
                "5PtussUbSlcMAvkmHo_CttQxbTwkKz9dr8MOU8J3XLM",
            ),
        ];
        for (x, y, libtrust, thumbprint) in table {
            let key = ec(x, y);
            assert_eq!(KeyId::libtrust(key.subject_public_key_info()).as_str(), libtrust);
            assert_eq!(KeyId::thumbprint(&key).as_str(), thumbprint);
        }
    }

    #[test]
    fn the_rsa_vector_of_rfc_7638_comes_out_in_both_forms() {
        // SPEC: RFC 7638 section 3.1.
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = PublicKey::rsa(&URL_SAFE_NO_PAD.decode(n).unwrap(), &[1, 0, 1]);
        assert_eq!(
            KeyId::libtrust(key.subject_public_key_info()).as_str(),
            "VUZD:EDHW:YWLN:RBFQ:KOA3:UVZ2:XKG5:2V2J:WTPI:6SRD:U6PZ:VCO5"
        );
        assert_eq!(KeyId::thumbprint(&key).as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}

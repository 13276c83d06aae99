//! The public keys of an identity provider, as its key set lists them.
// SPEC: RFC 7517.

use serde::Deserialize;
use serde_json::Value;

/// The greatest number of keys that are read from a key set.
const MOST_KEYS: usize = 64;

/// A public key of a key set. The fields `jku`, `x5u` and `x5c` are ignored: only the entry itself defines the key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Jwk {
    /// The type of the key, such as `RSA`, `EC` or `OKP`.
    pub kty: String,
    /// The id of the key.
    pub kid: Option<String>,
    /// The only algorithm of the key; `None` if the key set does not restrict it.
    pub alg: Option<String>,
    /// The use of the key, such as `sig` or `enc`.
    #[serde(rename = "use")]
    pub usage: Option<String>,
    /// The allowed operations of the key.
    pub key_ops: Option<Vec<String>>,
    /// The curve of an elliptic-curve key.
    pub crv: Option<String>,
    /// The modulus of an RSA key, base64url.
    pub n: Option<String>,
    /// The exponent of an RSA key, base64url.
    pub e: Option<String>,
    /// The first coordinate of an elliptic-curve key (`EC`), or the whole public key (`OKP`), base64url.
    pub x: Option<String>,
    /// The second coordinate of an elliptic-curve key (`EC`), base64url.
    pub y: Option<String>,
}

impl Jwk {
    /// Returns true if the key may verify signatures.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    }
}

/// Parses a key set; `None` if the body is not a key set. Parses each of the first 64 keys on its own, so that a bad
/// key does not spoil the others.
#[must_use]
pub fn parse_key_set(body: &[u8]) -> Option<Vec<Jwk>> {
    let set: Value = serde_json::from_slice(body).ok()?;
    let keys = set.get("keys")?.as_array()?;
    Some(keys.iter().take(MOST_KEYS).filter_map(|key| Jwk::deserialize(key).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_key_spoils_no_other() {
        let set = br#"{"keys":[{"kty":"RSA","kid":7},{"kty":"EC","kid":"a","use":"enc"},{"kty":"OKP","kid":"b"},4]}"#;
        let keys = parse_key_set(set).unwrap();
        assert_eq!(keys.iter().map(|key| key.kid.as_deref()).collect::<Vec<_>>(), [Some("a"), Some("b")]);
        assert_eq!(keys.iter().map(Jwk::verifies).collect::<Vec<_>>(), [false, true]);
        for other in [&b"[]"[..], b"{}", b"{\"keys\":1}", b"x"] {
            assert!(parse_key_set(other).is_none());
        }
    }
}

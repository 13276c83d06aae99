//! The public keys of a provider, as its key set lists them.
// SPEC: RFC 7517.

use serde::Deserialize;
use serde_json::Value;

/// How many keys of a set are read.
const MOST_KEYS: usize = 64;

/// A public key of a key set. `jku`, `x5u` and `x5c` are ignored: a key is what it says here, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Jwk {
    /// The kind of key: `RSA`, `EC`, `OKP`.
    pub kty: String,
    /// Its id.
    pub kid: Option<String>,
    /// The one algorithm that it is for, if it says so.
    pub alg: Option<String>,
    /// What it is for, `sig` or `enc`.
    #[serde(rename = "use")]
    pub usage: Option<String>,
    /// What may be done with it.
    pub key_ops: Option<Vec<String>>,
    /// The curve.
    pub crv: Option<String>,
    /// The modulus, base64url.
    pub n: Option<String>,
    /// The exponent, base64url.
    pub e: Option<String>,
    /// The first coordinate, base64url.
    pub x: Option<String>,
    /// The second coordinate, base64url.
    pub y: Option<String>,
}

impl Jwk {
    /// Whether signatures may be verified with it.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    }
}

/// Reads a key set. `None` if it is not one. Each key is read alone, so that an odd one spoils no other.
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

//! The digest of a manifest, in the form in which people search for it.
//!
//! ```text
//! digest := algorithm ":" encoded          sha256:6c3c…
//! ```
// SPEC: OCI image specification, "Descriptors", section "Digests".

use std::fmt;

/// The longest digest, bytes. A digest of sha512 has 135 bytes.
const LONGEST: usize = 255;

/// A digest. Nearly every digest is `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest(String);

/// An error: the text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a digest: write `sha256:` and 64 hexadecimal digits in lower case")]
pub struct NotADigest(String);

impl Digest {
    /// Parses a digest.
    pub fn parse(text: &str) -> Result<Self, NotADigest> {
        if fits(text) { Ok(Self(text.to_owned())) } else { Err(NotADigest(text.chars().take(80).collect())) }
    }

    /// Returns the digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn fits(text: &str) -> bool {
    let Some((algorithm, encoded)) = text.split_once(':') else {
        return false;
    };
    let is_hex =
        |length| encoded.len() == length && encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match algorithm {
        "sha256" => is_hex(64),
        "sha512" => is_hex(128),
        _ => {
            let is_word = |part: &str| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            };
            text.len() <= LONGEST
                && algorithm.split(['+', '.', '_', '-']).all(is_word)
                && !encoded.is_empty()
                && encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b"=_-".contains(&b))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digests_are_digests() {
        let (short, long) = ("ab".repeat(32), "ab".repeat(64));
        for text in [format!("sha256:{short}"), format!("sha512:{long}"), "blake3+b64:aB_-=".to_owned()] {
            assert_eq!(Digest::parse(&text).unwrap().as_str(), text);
        }
        let upper = short.to_uppercase();
        for text in [
            String::new(),
            short.clone(),
            "sha256:".to_owned(),
            format!("sha256:{long}"),
            format!("sha256:{upper}"),
            format!("sha256:{short} "),
            format!("SHA256:{short}"),
            "x:a/b".to_owned(),
            "a++b:c".to_owned(),
            format!("x:{}", "a".repeat(255)),
        ] {
            assert!(Digest::parse(&text).is_err(), "{text}");
        }
    }
}

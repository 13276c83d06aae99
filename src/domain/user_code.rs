//! The short code that a person types to approve a device.

use std::fmt;

/// The letters of a code: consonants that are not easily mistaken for one another. Without vowels they make no
/// words.
// SPEC: RFC 8628 section 6.1.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// Eight letters, written `BCDF-GHJK`. The code is much weaker than a secret of 256 bits. So it ends after ten
/// minutes, and a browser session may try only five wrong codes.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode([u8; LENGTH]);

impl UserCode {
    /// Makes a code from 128 random bits.
    #[must_use]
    pub fn generate(entropy: [u8; 16]) -> Self {
        let mut rest = u128::from_be_bytes(entropy);
        let mut letters = [b'B'; LENGTH];
        for letter in &mut letters {
            let index = usize::try_from(rest % 20).unwrap_or(0);
            *letter = ALPHABET.get(index).copied().unwrap_or(b'B');
            rest /= 20;
        }
        Self(letters)
    }

    /// Parses a code as people type it: in upper or lower case, with or without hyphens and spaces. Returns
    /// `None` if the text is not eight letters of the alphabet of codes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text.bytes().filter(|b| !matches!(b, b'-' | b' ')).map(|b| b.to_ascii_uppercase());
        let letters: Vec<u8> = typed.take(LENGTH + 1).collect();
        let letters: [u8; LENGTH] = letters.try_into().ok()?;
        letters.iter().all(|letter| ALPHABET.contains(letter)).then_some(Self(letters))
    }

    /// Returns the letters, for the digest of the code only.
    #[must_use]
    pub fn letters(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        let (first, last) = text.split_at_checked(LENGTH / 2).unwrap_or((&text, ""));
        write!(f, "{first}-{last}")
    }
}

impl fmt::Debug for UserCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserCode(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = UserCode::generate([0; 16]);
        assert_eq!(code.to_string(), "BBBB-BBBB");
        for text in ["bcdfghjk", "BCDF-GHJK", " bcdf ghjk ", "b-c-d-f-g-h-j-k"] {
            assert_eq!(UserCode::parse(text).unwrap().to_string(), "BCDF-GHJK", "{text}");
        }
        for text in ["", "BCDF-GHJ", "BCDF-GHJKL", "ABCD-FGHJ", "BCDF_GHJK", "ＢCDF-GHJK"] {
            assert!(UserCode::parse(text).is_none(), "{text}");
        }
        assert_eq!(format!("{code:?}"), "UserCode(***)");
    }

    #[test]
    fn every_letter_comes_from_chance() {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let half = |n: u32| {
            let mut hasher = DefaultHasher::new();
            n.hash(&mut hasher);
            u128::from(hasher.finish())
        };
        let codes = (0..300).map(|n| (half(n) << 64 | half(n + 1000)).to_be_bytes());
        let codes: Vec<String> = codes.map(|entropy| UserCode::generate(entropy).to_string()).collect();
        for place in [0, 1, 2, 3, 5, 6, 7, 8] {
            let letters: std::collections::BTreeSet<u8> =
                codes.iter().map(|code| code.as_bytes()[place]).collect();
            assert_eq!(letters.len(), 20, "{place}: {letters:?}");
        }
    }
}

//! The short code by which a person tells a device that waits for their approval.

use std::fmt;

/// Consonants that are hard to take for one another and make no words.
// SPEC: RFC 8628 section 6.1.
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 8;

/// Eight of twenty consonants, written `BCDF-GHJK`. It is not a secret of 256 bits: it lives for ten minutes, and a
/// browser session may try five wrong ones.
#[derive(Clone, PartialEq, Eq)]
pub struct UserCode([u8; LENGTH]);

impl UserCode {
    /// A new one from 128 random bits.
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

    /// Parses a code as people type it: any case, with or without the hyphen and spaces.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let typed = text.bytes().filter(|b| !matches!(b, b'-' | b' ')).map(|b| b.to_ascii_uppercase());
        let letters: Vec<u8> = typed.take(LENGTH + 1).collect();
        let letters: [u8; LENGTH] = letters.try_into().ok()?;
        letters.iter().all(|letter| ALPHABET.contains(letter)).then_some(Self(letters))
    }

    /// The letters, for its digest only.
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

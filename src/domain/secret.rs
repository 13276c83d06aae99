//! Secrets as types: without `Display` and comparison, with a `Debug` that shows nothing, and zeroed on drop. Also the
//! rules for a new password, and the digest that is stored in place of a secret. A digest is not a secret: it may be
//! compared and shown.

use std::fmt;
use zeroize::Zeroizing;

/// The smallest length of a password, characters.
pub const MIN_PASSWORD_CHARACTERS: usize = 15;
/// The greatest length of a password, bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const ACCESS_KEY_PREFIX: &str = "ptr_";
const REFRESH_TOKEN_PREFIX: &str = "ptr_r_";
const RANDOM_CHARACTERS: usize = 43;
const CHECKSUM_CHARACTERS: usize = 6;

/// The reason why a password may not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// The password has fewer than 15 characters.
    #[error(
        "a password needs at least {MIN_PASSWORD_CHARACTERS} characters: letters, digits, spaces and other signs count alike"
    )]
    TooShort,
    /// The password has more than 1,024 bytes.
    #[error("a password may have at most {MAX_PASSWORD_BYTES} bytes")]
    TooLong,
    /// The password has the form of an access key or refresh token.
    #[error("a password must not look like an access key or refresh token")]
    LooksLikeToken,
    /// The password is the user's own name, or one character repeated.
    #[error(
        "the password is too easy to guess: choose something other than the name or a repeated character"
    )]
    Guessable,
    /// The password is not UTF-8.
    #[error("the password is not UTF-8 text")]
    NotText,
    /// The password contains a NUL character, at which some clients cut it.
    #[error("a password must not contain NUL characters")]
    Nul,
}

/// A password, byte for byte as the client sent it.
#[derive(Clone)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// Makes a password from a text, unchanged and without judging it.
    #[must_use]
    pub fn new(text: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// Returns the bytes of the password, for hashing and verifying only.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Returns true if the password is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Judges a new password for the user `name`.
    // SPEC: NIST SP 800-63B-4 section 3.1.1.2: length, no composition rules.
    pub fn check(&self, name: &str) -> Result<(), WeakPassword> {
        let text = std::str::from_utf8(&self.0).map_err(|_| WeakPassword::NotText)?;
        if text.len() > MAX_PASSWORD_BYTES {
            return Err(WeakPassword::TooLong);
        }
        if text.chars().count() < MIN_PASSWORD_CHARACTERS {
            return Err(WeakPassword::TooShort);
        }
        if text.contains('\0') {
            return Err(WeakPassword::Nul);
        }
        if MachineCredential::parse(text).is_some() {
            return Err(WeakPassword::LooksLikeToken);
        }
        let mut characters = text.chars();
        let first = characters.next();
        if text.eq_ignore_ascii_case(name) || characters.all(|c| Some(c) == first) {
            return Err(WeakPassword::Guessable);
        }
        Ok(())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// A secret that this server made: a prefix, 43 characters base62 (256 bits), and 6 characters base62 of the
/// CRC-32 of those 43. The prefix is `ptr_` (access key), `ptr_r_` (refresh token) or the prefix of a
/// [`SigninSecret`].
#[derive(Clone)]
pub struct MachineSecret(Zeroizing<String>);

impl MachineSecret {
    fn generate(prefix: &str, entropy: &[u8; 32]) -> Self {
        let random = base62(entropy);
        let checksum = checksum(&random);
        Self(Zeroizing::new(format!("{prefix}{}{checksum}", *random)))
    }

    /// Returns the whole text, to show it once to the owner or to compute its digest.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MachineSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineSecret(***)")
    }
}

/// The purpose of a secret for sign-in. Each purpose has its own prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigninSecret {
    /// The cookie of a browser session.
    Session,
    /// The cookie of an unfinished sign-in with an identity provider.
    Flow,
    /// The cookie that protects a form before anybody has signed in.
    Form,
    /// The code of a device that waits for approval (RFC 8628 `device_code`).
    Device,
    /// The last part of an invitation's link.
    Invitation,
}

impl SigninSecret {
    fn prefix(self) -> &'static str {
        match self {
            Self::Session => "ptr_s_",
            Self::Flow => "ptr_f_",
            Self::Form => "ptr_p_",
            Self::Device => "ptr_d_",
            Self::Invitation => "ptr_i_",
        }
    }

    /// Makes a secret of this kind from 256 random bits.
    #[must_use]
    pub fn generate(self, entropy: &[u8; 32]) -> MachineSecret {
        MachineSecret::generate(self.prefix(), entropy)
    }

    /// Parses a secret of this kind; `None` for every other text.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<MachineSecret> {
        let fits = text.strip_prefix(self.prefix()).is_some_and(has_checksum);
        fits.then(|| MachineSecret(Zeroizing::new(text.to_owned())))
    }
}

/// A credential that this server made, recognised by its form and checksum.
#[derive(Debug, Clone)]
pub enum MachineCredential {
    /// The credential of a user or robot, presented as a password.
    AccessKey(MachineSecret),
    /// The token that docker calls identity token.
    RefreshToken(MachineSecret),
}

impl MachineCredential {
    /// Makes an access key from 256 random bits.
    #[must_use]
    pub fn new_access_key(entropy: &[u8; 32]) -> MachineSecret {
        MachineSecret::generate(ACCESS_KEY_PREFIX, entropy)
    }

    /// Makes a refresh token from 256 random bits.
    #[must_use]
    pub fn new_refresh_token(entropy: &[u8; 32]) -> MachineSecret {
        MachineSecret::generate(REFRESH_TOKEN_PREFIX, entropy)
    }

    /// Parses a credential of this server; `None` for every other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let secret = || MachineSecret(Zeroizing::new(text.to_owned()));
        if text.strip_prefix(REFRESH_TOKEN_PREFIX).is_some_and(has_checksum) {
            Some(Self::RefreshToken(secret()))
        } else if text.strip_prefix(ACCESS_KEY_PREFIX).is_some_and(has_checksum) {
            Some(Self::AccessKey(secret()))
        } else {
            None
        }
    }
}

fn has_checksum(body: &str) -> bool {
    body.len() == RANDOM_CHARACTERS + CHECKSUM_CHARACTERS
        && body.bytes().all(|b| b.is_ascii_alphanumeric())
        && body.split_at_checked(RANDOM_CHARACTERS).is_some_and(|(random, given)| checksum(random) == given)
}

fn digit(value: u64) -> char {
    usize::try_from(value % 62).ok().and_then(|i| ALPHABET.get(i)).map_or('0', |b| char::from(*b))
}

/// Writes the big-endian number in `bytes` in base 62, padded to 43 characters.
fn base62(bytes: &[u8; 32]) -> Zeroizing<String> {
    let mut number = Zeroizing::new(*bytes);
    let mut digits = Zeroizing::new(Vec::with_capacity(RANDOM_CHARACTERS));
    for _ in 0..RANDOM_CHARACTERS {
        let mut remainder = 0u64;
        for byte in number.iter_mut() {
            let value = (remainder << 8) | u64::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        digits.push(digit(remainder));
    }
    Zeroizing::new(digits.iter().rev().collect())
}

fn checksum(random: &str) -> String {
    let mut rest = u64::from(crc32fast::hash(random.as_bytes()));
    let mut digits = ['0'; CHECKSUM_CHARACTERS];
    for slot in digits.iter_mut().rev() {
        *slot = digit(rest);
        rest /= 62;
    }
    digits.iter().collect()
}

/// The SHA-256 of a whole machine secret, or of the letters of a device's code, in lower-case hex. Both are stored only
/// in this form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// Makes a digest from the 32 bytes of a SHA-256.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Makes a digest from its stored form.
    #[must_use]
    pub fn from_hex(text: String) -> Self {
        Self(text)
    }

    /// Returns the 32 bytes of the digest; `None` if the stored text is malformed.
    #[must_use]
    pub fn to_bytes(&self) -> Option<[u8; 32]> {
        let mut bytes = [0; 32];
        if self.0.len() != 64 {
            return None;
        }
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(self.0.get(index * 2..index * 2 + 2)?, 16).ok()?;
        }
        Some(bytes)
    }

    /// Returns the digest as hex.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_secret_is_recognised_for_what_it_is() {
        let key = MachineCredential::new_access_key(&[7; 32]);
        assert_eq!(key.expose().len(), 4 + 43 + 6);
        assert!(matches!(MachineCredential::parse(key.expose()), Some(MachineCredential::AccessKey(_))));
        let refresh = MachineCredential::new_refresh_token(&[255; 32]);
        assert_eq!(refresh.expose().len(), 6 + 43 + 6);
        assert!(matches!(
            MachineCredential::parse(refresh.expose()),
            Some(MachineCredential::RefreshToken(_))
        ));
    }

    #[test]
    fn a_wrong_checksum_makes_it_an_ordinary_text() {
        let key = MachineCredential::new_access_key(&[1; 32]);
        let text = key.expose();
        let other = if text.ends_with('0') { '1' } else { '0' };
        let wrong = format!("{}{other}", text.strip_suffix(|_: char| true).unwrap());
        for text in [wrong.as_str(), "ptr_", "ptr_r_", "", "ptr_short", "correct horse battery"] {
            assert!(MachineCredential::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_secret_of_signing_in_is_good_for_one_thing() {
        use SigninSecret::{Device, Flow, Form, Invitation, Session};
        let kinds = [Session, Flow, Form, Device, Invitation];
        for made in kinds {
            let secret = made.generate(&[5; 32]);
            assert!(MachineCredential::parse(secret.expose()).is_none(), "{made:?}");
            for asked in kinds {
                assert_eq!(asked.parse(secret.expose()).is_some(), asked == made, "{made:?} as {asked:?}");
            }
        }
    }

    #[test]
    fn base62_pads_and_holds_256_bits() {
        assert_eq!(*base62(&[0; 32]), "0".repeat(43));
        let mut one = [0; 32];
        one[31] = 61;
        assert!(base62(&one).ends_with("0z"));
        assert_eq!(base62(&[255; 32]).len(), 43);
        assert_ne!(*base62(&[255; 32]), *base62(&[254; 32]));
    }

    #[test]
    fn nothing_secret_is_shown_by_debug() {
        let key = MachineCredential::new_access_key(&[9; 32]);
        assert!(!format!("{key:?}").contains(key.expose().get(4..12).unwrap()));
        assert_eq!(format!("{:?}", Password::new("hunter2")), "Password(***)");
    }

    /// Fails to compile if a secret has a `Display`, because two implementations then match.
    #[test]
    fn no_secret_has_a_display() {
        trait Unshown<Marker> {
            fn is_unshown() -> bool {
                true
            }
        }
        struct Shown;
        impl<T> Unshown<()> for T {}
        impl<T: fmt::Display> Unshown<Shown> for T {}
        assert!(<Password as Unshown<_>>::is_unshown());
        assert!(<MachineSecret as Unshown<_>>::is_unshown());
        assert!(<MachineCredential as Unshown<_>>::is_unshown());
    }

    #[test]
    fn passwords_are_judged_by_length_and_guessability_alone() {
        let token = MachineCredential::new_access_key(&[3; 32]).expose().to_owned();
        let table = [
            ("correct horse battery staple", None),
            ("fourteen chars", Some(WeakPassword::TooShort)),
            ("f\u{fc}nfzehn zeichen", None),
            ("aaaaaaaaaaaaaaaaaaaa", Some(WeakPassword::Guessable)),
            ("alice-the-administrator", Some(WeakPassword::Guessable)),
            ("nul\0nul\0nul\0nul\0nul", Some(WeakPassword::Nul)),
            (token.as_str(), Some(WeakPassword::LooksLikeToken)),
        ];
        for (text, expected) in table {
            let got = Password::new(text.to_owned()).check("Alice-the-administrator").err();
            assert_eq!(got, expected, "{text}");
        }
        let long = Password::new("ab".repeat(513));
        assert_eq!(long.check("a").err(), Some(WeakPassword::TooLong));
    }
}

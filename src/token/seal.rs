//! Seals secrets that the database stores and the server must read again. The database does not have the key.
//!
//! The cipher is AES-256-GCM. The place of a secret (table, row, column) and the id of the key are bound to the
//! sealed text, so it cannot be opened in another place.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use std::fmt::Write;
use zeroize::Zeroizing;

/// The beginning of every sealed text.
const FORM: &str = "s1";
/// The length of a key, bytes.
const KEY_LENGTH: usize = 32;

/// The reason why a secret cannot be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file does not contain sealing keys.
    #[error("the keys that seal secrets cannot be read: each line must be an id and 32 bytes as base64url")]
    NotKeys,
    /// There is no sealing key.
    #[error("there is no key that seals secrets")]
    NoKey,
    /// The key that sealed the secret no longer exists.
    #[error("the secret was sealed with the key `{0}`, which is not in secrets.key any more")]
    UnknownKey(String),
    /// The sealed text was not made with this key, was changed, or belongs to another place.
    #[error("the sealed secret is damaged, or belongs to another place")]
    Damaged,
}

/// The place of a sealed secret in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The name of the table.
    pub table: &'static str,
    /// The permanent name of the row.
    pub row: &'a str,
    /// The name of the column.
    pub column: &'static str,
}

impl Place<'_> {
    /// Returns the text that is bound to a secret in this place. It contains the length of each part, so two places
    /// never give the same text.
    fn bound(&self, key_id: &str) -> Vec<u8> {
        let mut bound = String::new();
        for part in [self.table, self.row, self.column, key_id] {
            // Writing to a text cannot fail.
            let _ = write!(bound, "{}:{part};", part.len());
        }
        bound.into_bytes()
    }
}

/// A sealing key and its id.
struct SealingKey {
    id: String,
    bytes: Zeroizing<[u8; KEY_LENGTH]>,
}

/// The keys that seal secrets. The last key seals, and every key opens.
pub struct SealingKeys(Vec<SealingKey>);

impl std::fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl SealingKeys {
    /// Parses sealing keys: one key on each line, an id and the key.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let line = |line: &str| {
            let (id, key) = line.split_once(' ').ok_or(SealError::NotKeys)?;
            let key = Zeroizing::new(URL_SAFE_NO_PAD.decode(key).map_err(|_| SealError::NotKeys)?);
            let bytes = <[u8; KEY_LENGTH]>::try_from(key.as_slice()).map_err(|_| SealError::NotKeys)?;
            let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
            if is_id {
                Ok(SealingKey { id: id.to_owned(), bytes: Zeroizing::new(bytes) })
            } else {
                Err(SealError::NotKeys)
            }
        };
        let keys: Vec<_> =
            text.lines().filter(|text| !text.is_empty()).map(line).collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(SealError::NoKey) } else { Ok(Self(keys)) }
    }

    /// Returns the keys in the form that [`SealingKeys::parse`] reads.
    #[must_use]
    pub fn write(&self) -> Zeroizing<String> {
        let lines = self.0.iter().map(|key| format!("{} {}\n", key.id, URL_SAFE_NO_PAD.encode(*key.bytes)));
        Zeroizing::new(lines.collect())
    }

    /// Adds a new key to the older ones. The new key seals from now on.
    #[must_use]
    pub fn with(older: Option<Self>, bytes: [u8; KEY_LENGTH], id: [u8; 8]) -> Self {
        let mut keys = older.map(|keys| keys.0).unwrap_or_default();
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        keys.push(SealingKey { id, bytes: Zeroizing::new(bytes) });
        Self(keys)
    }

    /// Drops all keys except the newest.
    #[must_use]
    pub fn newest(mut self) -> Self {
        Self(self.0.pop().into_iter().collect())
    }

    /// Seals a secret for a place. `nonce` must be random bytes that are used only once.
    pub fn seal(&self, place: Place<'_>, secret: &str, nonce: [u8; NONCE_LEN]) -> Result<String, SealError> {
        let key = self.0.last().ok_or(SealError::NoKey)?;
        let mut bytes = secret.as_bytes().to_vec();
        let bound = Aad::from(place.bound(&key.id));
        cipher(key)?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut bytes)
            .map_err(|_| SealError::Damaged)?;
        let sealed = [&nonce[..], &bytes].concat();
        Ok(format!("{FORM}.{}.{}", key.id, URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens a text that was sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &str) -> Result<Zeroizing<String>, SealError> {
        let (id, body) = parts(sealed).ok_or(SealError::Damaged)?;
        let key = self.0.iter().find(|key| key.id == id);
        let key = key.ok_or_else(|| SealError::UnknownKey(id.to_owned()))?;
        let bytes = URL_SAFE_NO_PAD.decode(body).map_err(|_| SealError::Damaged)?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_LEN>().ok_or(SealError::Damaged)?;
        let mut rest = Zeroizing::new(rest.to_vec());
        let bound = Aad::from(place.bound(id));
        let opened = cipher(key)?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound, &mut rest)
            .map_err(|_| SealError::Damaged)?;
        let text = std::str::from_utf8(opened).map_err(|_| SealError::Damaged)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Returns true if the newest key sealed the text.
    #[must_use]
    pub fn is_newest(&self, sealed: &str) -> bool {
        self.0.last().is_some_and(|key| parts(sealed).is_some_and(|(id, _)| id == key.id))
    }
}

/// Splits a sealed text into the id of its key and the rest.
fn parts(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix(FORM)?.strip_prefix('.')?.split_once('.')
}

fn cipher(key: &SealingKey) -> Result<LessSafeKey, SealError> {
    let key = UnboundKey::new(&AES_256_GCM, &*key.bytes).map_err(|_| SealError::NotKeys)?;
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { table: "identities", row: "corp/1", column: "upstream_token" };

    #[test]
    fn a_secret_opens_in_its_place_and_with_its_key_alone() {
        let keys = SealingKeys::with(None, [7; 32], [1; 8]);
        let sealed = keys.seal(PLACE, "hunter2", [9; 12]).unwrap();
        assert!(!sealed.contains("hunter2"));
        assert_eq!(*keys.open(PLACE, &sealed).unwrap(), "hunter2");
        for other in [
            Place { row: "corp/2", ..PLACE },
            Place { table: "identity_providers", ..PLACE },
            Place { column: "secret", ..PLACE },
        ] {
            assert_eq!(keys.open(other, &sealed).unwrap_err(), SealError::Damaged);
        }
        for damaged in [format!("{sealed}A"), sealed.replace("s1.", "s2."), String::new(), "s1.x".to_owned()]
        {
            assert!(keys.open(PLACE, &damaged).is_err(), "{damaged}");
        }
        let other = SealingKeys::with(None, [8; 32], [1; 8]);
        assert_eq!(other.open(PLACE, &sealed).unwrap_err(), SealError::Damaged);
        let gone = SealingKeys::with(None, [8; 32], [2; 8]);
        assert_eq!(gone.open(PLACE, &sealed).unwrap_err(), SealError::UnknownKey("01".repeat(8)));
    }

    #[test]
    fn the_newest_key_seals_and_the_older_ones_open() {
        let old = SealingKeys::with(None, [7; 32], [1; 8]);
        let sealed = old.seal(PLACE, "hunter2", [9; 12]).unwrap();
        let both = SealingKeys::with(Some(old), [8; 32], [2; 8]);
        assert!(!both.is_newest(&sealed));
        assert_eq!(*both.open(PLACE, &sealed).unwrap(), "hunter2");
        let anew = both.seal(PLACE, "hunter2", [10; 12]).unwrap();
        assert!(both.is_newest(&anew));
        let read = SealingKeys::parse(&both.newest().write()).unwrap();
        assert_eq!(*read.open(PLACE, &anew).unwrap(), "hunter2");
        assert!(read.open(PLACE, &sealed).is_err());
        for text in ["", "a", "a b", "a! AAAA"] {
            assert!(SealingKeys::parse(text).is_err(), "{text}");
        }
        assert!(!format!("{read:?}").contains("CAgI"), "the key itself is not shown");
    }
}

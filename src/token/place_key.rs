//! Seals places. A place is the last name on a page of a list. The client sends it back to get the next page,
//! but must not see the name.
//!
//! The cipher is AES-256-GCM, with a key that is derived from a signing key. So replicas that share a keys
//! folder can open each other's places, without another stored secret. The name of the list is bound to the
//! place. The nonce is derived from the place, so equal places give equal texts, and no randomness is needed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

/// The length of a padded place is a multiple of this number, bytes. The padding hides the length of the name.
const BLOCK: usize = 512;

/// A key that only seals places.
pub(super) struct PlaceKey {
    cipher: LessSafeKey,
    nonces: hmac::Key,
}

impl PlaceKey {
    /// Derives the key from a signing key. Neither key can be computed from data that the other key has signed or
    /// sealed.
    pub(super) fn derived_from(pkcs8: &[u8]) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, pkcs8);
        let key = hmac::sign(&root, b"portreeve: places in lists: cipher");
        let nonces = hmac::sign(&root, b"portreeve: places in lists: nonces");
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.as_ref()).ok()?);
        Some(Self { cipher, nonces: hmac::Key::new(hmac::HMAC_SHA256, nonces.as_ref()) })
    }

    /// Seals a place of a list. The place must not contain NUL.
    pub(super) fn seal(&self, list: &str, place: &str) -> Option<String> {
        let mut bytes = place.as_bytes().to_vec();
        bytes.resize(place.len().next_multiple_of(BLOCK), 0);
        let mut context = hmac::Context::with_key(&self.nonces);
        context.update(list.as_bytes());
        context.update(&[0]);
        context.update(&bytes);
        let tag = context.sign();
        let nonce = *tag.as_ref().first_chunk::<NONCE_LEN>()?;
        let sealing = Nonce::assume_unique_for_key(nonce);
        self.cipher.seal_in_place_append_tag(sealing, Aad::from(list.as_bytes()), &mut bytes).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &bytes].concat()))
    }

    /// Opens a place that [`seal`](Self::seal) sealed for the same list; `None` if that fails.
    pub(super) fn open(&self, list: &str, sealed: &str) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut rest = rest.to_vec();
        let opening = Nonce::assume_unique_for_key(*nonce);
        let opened = self.cipher.open_in_place(opening, Aad::from(list.as_bytes()), &mut rest).ok()?;
        Some(std::str::from_utf8(opened).ok()?.trim_end_matches('\0').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_opens_for_its_list_and_with_its_key_alone() {
        let key = PlaceKey::derived_from(b"one").unwrap();
        let long = "x".repeat(700);
        for place in ["a", "team/secret\nregistry", long.as_str()] {
            let sealed = key.seal("catalogue", place).unwrap();
            assert_eq!(key.open("catalogue", &sealed).as_deref(), Some(place));
            assert_eq!(key.open("other", &sealed), None);
            assert_eq!(PlaceKey::derived_from(b"two").unwrap().open("catalogue", &sealed), None);
            assert_eq!(
                PlaceKey::derived_from(b"one").unwrap().open("catalogue", &sealed).as_deref(),
                Some(place)
            );
        }
        for text in ["", "AAAA", "not base64!"] {
            assert_eq!(key.open("catalogue", text), None, "{text}");
        }
    }

    #[test]
    fn a_sealed_place_tells_neither_the_name_nor_its_length() {
        let key = PlaceKey::derived_from(b"one").unwrap();
        let [short, long] =
            ["a".to_owned(), "b".repeat(255)].map(|name| key.seal("catalogue", &name).unwrap());
        assert_eq!(short.len(), long.len());
        let bytes = URL_SAFE_NO_PAD.decode(&long).unwrap();
        assert!(!bytes.windows(4).any(|part| part == b"bbbb"));
    }
}

//! Finds private keys, or parts of private keys, in bytes: raw, and as hex, base64 and base64url.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use std::collections::{BTreeSet, HashMap};

/// The number of successive bytes of a secret that count as a leak.
const WINDOW: usize = 24;
/// The number of first bytes by which a needle is looked up.
const HEAD: usize = 8;

/// The secrets that must not be found anywhere.
#[derive(Default)]
pub struct Needles {
    secrets: BTreeSet<Vec<u8>>,
    /// The needles by their first bytes, each with its encoding. A needle is an encoded part of a secret.
    by_head: HashMap<[u8; HEAD], Vec<(Vec<u8>, &'static str)>>,
}

/// Returns the secret numbers of a private key (DER): each octet string and each integer, except the version and the
/// public numbers of RSA (the modulus and the exponent). Returns `None` if the bytes are not a key.
fn secret_parts(der: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut found = Vec::new();
    walk(der, &mut found)?;
    let mut long: Vec<_> = found.into_iter().filter(|(_, bytes)| bytes.len() >= WINDOW).collect();
    // The first long integer is the modulus.
    if let Some(modulus) = long.iter().position(|(tag, _)| *tag == 2) {
        long.remove(modulus);
    }
    Some(long.into_iter().map(|(_, bytes)| bytes).collect())
}

/// Reads DER, one element after the other. Returns `None` if the bytes are not DER.
fn walk(mut der: &[u8], found: &mut Vec<(u8, Vec<u8>)>) -> Option<()> {
    while let [tag, length, rest @ ..] = der {
        let (length, rest) = match length {
            0..=0x7f => (usize::from(*length), rest),
            0x81 => (usize::from(*rest.first()?), &rest[1..]),
            0x82 => (usize::from(*rest.first()?) << 8 | usize::from(*rest.get(1)?), &rest[2..]),
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        match tag {
            0x30 => walk(content, found)?,
            // The octet string contains a key, or is the key itself.
            0x04 => {
                let mut inner = Vec::new();
                match matches!(content.first(), Some(0x30 | 0x04)) && walk(content, &mut inner).is_some() {
                    true => found.extend(inner),
                    false => found.push((*tag, content.to_vec())),
                }
            }
            0x02 => found.push((*tag, content.strip_prefix(&[0]).unwrap_or(content).to_vec())),
            _ => {}
        }
        der = after;
    }
    der.is_empty().then_some(())
}

impl Needles {
    /// Adds the secrets of the private keys in this PEM file to the search. Ignores a file without private keys.
    pub fn add(&mut self, pem: &[u8]) {
        for block in x509_parser::pem::Pem::iter_from_buffer(pem).flatten() {
            let parts = secret_parts(&block.contents).filter(|_| block.label.ends_with("PRIVATE KEY"));
            parts.into_iter().flatten().for_each(|part| self.add_secret(part));
        }
    }

    pub fn len(&self) -> usize {
        self.secrets.len()
    }

    fn add_secret(&mut self, secret: Vec<u8>) {
        if !self.secrets.insert(secret.clone()) {
            return;
        }
        // base64 encodes groups of three bytes. Of three successive windows, one begins at a group, wherever the
        // secret begins in the encoded text. The length of a window is a multiple of three.
        for window in secret.windows(WINDOW) {
            let hex: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
            for (needle, form) in [
                (window.to_vec(), "raw"),
                (hex.to_uppercase().into_bytes(), "upper-case hex"),
                (hex.into_bytes(), "hex"),
                (STANDARD.encode(window).into_bytes(), "base64"),
                (URL_SAFE_NO_PAD.encode(window).into_bytes(), "base64url"),
            ] {
                let head = *needle.first_chunk::<HEAD>().unwrap();
                self.by_head.entry(head).or_default().push((needle, form));
            }
        }
    }

    /// Returns the encodings in which a secret is found.
    pub fn found_in(&self, hay: &[u8]) -> BTreeSet<&'static str> {
        // A text may be folded into lines, also within a JSON string.
        let mut folded = Vec::with_capacity(hay.len());
        let mut rest = hay;
        while let [first, after @ ..] = rest {
            rest = match (first, after.first()) {
                (b'\\', Some(b'n' | b'r')) => &after[1..],
                (b'\n' | b'\r' | b' ' | b'\t', _) => after,
                _ => {
                    folded.push(*first);
                    after
                }
            };
        }
        let mut found = self.find(hay);
        found.extend(self.find(&folded));
        found
    }

    fn find(&self, hay: &[u8]) -> BTreeSet<&'static str> {
        let mut begins = vec![false; 1 << 16];
        let pair = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
        self.by_head.keys().for_each(|head| begins[pair(head)] = true);
        let mut found = BTreeSet::new();
        for (at, head) in hay.array_windows::<HEAD>().enumerate() {
            if begins[pair(head)]
                && let Some(needles) = self.by_head.get(head)
            {
                let here = needles.iter().filter(|(needle, _)| hay[at..].starts_with(needle));
                found.extend(here.map(|(_, form)| *form));
            }
        }
        found
    }
}

#[test]
fn a_key_is_found_in_every_form_and_its_public_half_is_not() {
    let folder = tempfile::tempdir().unwrap();
    for kind in ["P-256", "P-384", "P-256 SEC1", "P-384 SEC1", "Ed25519", "RSA", "RSA PKCS1"] {
        crate::openssl::key(folder.path(), "test.key", kind);
        let pem = std::fs::read(folder.path().join("test.key")).unwrap();
        let mut needles = Needles::default();
        needles.add(&pem);
        assert_eq!(needles.len(), if kind.starts_with("RSA") { 6 } else { 1 }, "{kind}");
        assert!(needles.found_in(&pem).contains("base64"), "{kind}: the file itself is found");
        let in_json = serde_json::json!({"key": String::from_utf8(pem).unwrap()}).to_string();
        assert!(needles.found_in(in_json.as_bytes()).contains("base64"), "{kind}");
        crate::openssl::openssl(folder.path(), "pkey -in test.key -pubout -out public");
        assert!(needles.found_in(&std::fs::read(folder.path().join("public")).unwrap()).is_empty(), "{kind}");
        let public = crate::openssl::openssl(folder.path(), "pkey -in test.key -pubout -text -noout");
        assert!(needles.found_in(public.replace(':', "").as_bytes()).is_empty(), "{kind}");

        for secret in needles.secrets.clone() {
            // The secret is a part of a longer text, at every offset within a group of base64.
            for before in 0..3 {
                for part in [&secret[..WINDOW + 2], &secret[secret.len() - WINDOW - 2..], &secret[..]] {
                    let bytes = [&vec![b'x'; before][..], part, b"more"].concat();
                    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    for (hay, form) in [
                        (bytes.clone(), "raw"),
                        (hex.to_uppercase().into_bytes(), "upper-case hex"),
                        (hex.into_bytes(), "hex"),
                        (STANDARD.encode(&bytes).into_bytes(), "base64"),
                        (URL_SAFE_NO_PAD.encode(&bytes).into_bytes(), "base64url"),
                    ] {
                        let hay = [b"before ", &hay[..], b" after"].concat();
                        assert!(needles.found_in(&hay).contains(form), "{kind} {form} {before}");
                    }
                }
            }
        }
    }
}

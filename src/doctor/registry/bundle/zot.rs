//! Decides whether zot trusts the key of a token. zot has one key, and ignores the certificate and the key id
//! in a token.
// INTEROP: zot's pkg/api/bearer.go: a certificate, a public key, or a key set with one entry.

use super::question::{KeyQuestion, KeyTrust};
use crate::doctor::registry::file::RegistryFile;
use crate::doctor::report::finding::Finding;
use crate::doctor::server::keys::Keys;
use crate::doctor::token::certificate::{self, Cert};
use crate::token::KeyId;
use crate::token::x509::pem_blocks;
use serde_json::Value;
use std::path::Path;

/// The key in zot's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) enum Key {
    /// The public key in DER, from a certificate or a public key.
    Spki(Vec<u8>),
    /// The RFC 7638 thumbprint, from a key set.
    Thumbprint(String),
}

impl Key {
    /// Reads the key from the text of the file that `cert` of zot's configuration names.
    pub(in crate::doctor) fn read(text: &[u8]) -> Option<Self> {
        if let Ok(set) = serde_json::from_slice::<Value>(text) {
            let first = set.get("keys").and_then(|keys| keys.get(0)).unwrap_or(&set);
            return certificate::thumbprint_of_jwk(first).map(Self::Thumbprint);
        }
        pem_blocks(text).flatten().find_map(|block| match block.label.as_str() {
            "CERTIFICATE" => Cert::from_der(&block.contents).map(|cert| Self::Spki(cert.spki)),
            "PUBLIC KEY" => Some(Self::Spki(block.contents.to_vec())),
            _ => None,
        })
    }

    fn thumbprint(&self) -> Option<String> {
        match self {
            Self::Spki(spki) => certificate::thumbprint(spki),
            Self::Thumbprint(thumbprint) => Some(thumbprint.clone()),
        }
    }

    /// Returns true if this is the key of the certificate `leaf`.
    fn is_of(&self, leaf: &Cert) -> bool {
        match self {
            Self::Spki(spki) => *spki == leaf.spki,
            Self::Thumbprint(thumbprint) => leaf.thumbprint().as_ref() == Some(thumbprint),
        }
    }

    /// Returns true if the key has this id. Returns `None` if the doctor cannot decide.
    fn is_named(&self, id: &str) -> Option<bool> {
        let libtrust = match self {
            Self::Spki(spki) => Some(KeyId::libtrust(spki).to_string()),
            Self::Thumbprint(_) => None,
        };
        if libtrust.as_deref() == Some(id) || self.thumbprint().as_deref() == Some(id) {
            return Some(true);
        }
        let other = if id.contains(':') { libtrust.is_some() } else { id.len() == 43 };
        other.then_some(false)
    }
}

/// Decides whether the file contains the key that signed the token.
pub(in crate::doctor) fn examine(asked: &KeyQuestion<'_>, path: &Path) -> KeyTrust {
    let path = asked.file.resolve(path);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) => return KeyTrust::unreadable(&path, &error),
    };
    let (shown, token) = (path.display(), asked.token);
    let Some(key) = Key::read(&text) else {
        return KeyTrust::no(
            Finding::problem(
                "bundle",
                format!("`{shown}` holds no certificate, public key or key set"),
                "zot verifies tokens with the key in that file",
            )
            .fix(asked.fix()),
        );
    };
    let leaf = token.chain.first().or_else(|| Some(&asked.keys?.named(token.key_id())?.1));
    let fits = match leaf {
        Some(leaf) => Some(key.is_of(leaf)),
        None => key.is_named(token.key_id()),
    };
    match fits {
        Some(true) => KeyTrust::Yes,
        None => {
            KeyTrust::Unknown(format!("`{shown}` is not comparable with the key id `{}`", token.key_id()))
        }
        Some(false) => KeyTrust::no(
            Finding::problem(
                "bundle",
                format!("`{shown}` does not hold the key that signs tokens, `{}`", token.key_id()),
                "zot verifies tokens with the key in that file: it follows no chain, and looks at no key id",
            )
            .fix(asked.fix()),
        ),
    }
}

/// Returns the certificate file, in the keys folder, of the key with which this zot verifies tokens.
pub(in crate::doctor) fn verifies<'a>(file: &RegistryFile, keys: &'a Keys) -> Option<&'a Path> {
    let path = file.resolve(file.token()?.bundle.as_ref()?);
    let key = Key::read(&std::fs::read(path).ok()?)?;
    keys.leaves().find(|(_, leaf)| key.is_of(leaf)).map(|(path, _)| path.as_path())
}

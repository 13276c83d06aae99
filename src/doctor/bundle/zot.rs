//! What zot verifies tokens with: one key, whatever a token brings, by whatever id it is named.
// INTEROP: zot's pkg/api/bearer.go: a certificate, a public key, or a key set with one entry.

use super::super::certificate::{self, Cert};
use super::super::finding::Finding;
use super::super::keys::Keys;
use super::super::registry_file::{RegistryFile, line};
use super::super::token::Token;
use super::super::token_server::Program;
use super::{Asked, Trust, no, unreadable};
use crate::domain::shell;
use crate::token::KeyId;
use crate::token::x509::pem_blocks;
use serde_json::Value;
use std::path::Path;

/// The key that a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Key {
    /// DER, of a certificate or a public key.
    Spki(Vec<u8>),
    /// The RFC 7638 thumbprint, of a key set.
    Thumbprint(String),
}

impl Key {
    /// Reads `cert` of zot's configuration.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
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

    /// Whether it is the key of a certificate.
    fn is_of(&self, leaf: &Cert) -> bool {
        match self {
            Self::Spki(spki) => *spki == leaf.spki,
            Self::Thumbprint(thumbprint) => leaf.thumbprint().as_ref() == Some(thumbprint),
        }
    }

    /// Whether it goes by an id; `None` where that cannot be told.
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

/// Whether a file holds the key that signed a token.
pub(super) fn examine(asked: &Asked<'_>, path: &Path) -> Trust {
    let path = asked.file.resolve(path);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) => return unreadable(&path, &error),
    };
    let (shown, token) = (path.display(), asked.token);
    let Some(key) = Key::read(&text) else {
        return no(Finding::problem(
            "bundle",
            format!("`{shown}` holds no certificate, public key or key set"),
            "zot verifies tokens with the key in that file",
        )
        .fix(asked.fix()));
    };
    let leaf = token.chain.first().or_else(|| Some(&asked.keys?.named(token.key_id())?.1));
    let fits = match leaf {
        Some(leaf) => Some(key.is_of(leaf)),
        None => key.is_named(token.key_id()),
    };
    match fits {
        Some(true) => Trust::Yes,
        None => Trust::Unknown(format!("`{shown}` is not comparable with the key id `{}`", token.key_id())),
        Some(false) => no(Finding::problem(
            "bundle",
            format!("`{shown}` does not hold the key that signs tokens, `{}`", token.key_id()),
            "zot verifies tokens with the key in that file: it follows no chain, and looks at no key id",
        )
        .fix(asked.fix())),
    }
}

/// The line that makes zot verify the token: the certificate of the key itself, not of its authority.
pub(super) fn fix(
    file: &RegistryFile,
    token: &Token,
    keys: Option<&Keys>,
    service: &str,
    program: Program,
) -> String {
    let own = keys.and_then(|keys| {
        let by_leaf = token.chain.first().and_then(|leaf| keys.file_of(leaf));
        by_leaf.or_else(|| keys.named(token.key_id()).map(|(path, _)| path.as_path()))
    });
    if let Some(path) = own {
        return line(Some(file), "rootcertbundle", &path.display().to_string());
    }
    let place = file.path.display();
    let rest = format!("as `\"cert\"` under http.auth.bearer in {place}; then restart the registry");
    let words = format!("name the certificate of the key that signs tokens {rest}");
    let command = format!(
        "`portreeve services config --write DIR -- {}` writes the key's file into DIR: name it {rest}",
        shell::word(service)
    );
    program.advice(&words, &command)
}

/// The certificate of a signing key that a zot with this file verifies tokens with.
pub(in super::super) fn verifies<'a>(file: &RegistryFile, keys: &'a Keys) -> Option<&'a Path> {
    let path = file.resolve(file.token()?.bundle.as_ref()?);
    let key = Key::read(&std::fs::read(path).ok()?)?;
    keys.leaves().find(|(_, leaf)| key.is_of(leaf)).map(|(path, _)| path.as_path())
}

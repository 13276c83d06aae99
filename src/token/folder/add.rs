//! Adds a key that the operator provides.

use super::KeysFolder;
use super::files::write;
use super::material::leaf_use;
use super::rotate::check_algorithm;
use super::states::{KeyEntry, States};
use crate::domain::service::{Service, ServiceName};
use crate::domain::shell;
use crate::domain::time::Timestamp;
use crate::token::certificate;
use crate::token::error::{KeyChangeError, KeysFolderError, bad_certificate, broken, refused};
use crate::token::key::{PrivateKey, PublicKey};
use crate::token::loaded_key::KeyState;
use std::path::Path;
use zeroize::Zeroizing;

/// A key that the operator provides.
pub struct OperatorKey {
    /// The name of the key's files, without their ending.
    pub name: String,
    /// The private key, PEM.
    pub key: Zeroizing<Vec<u8>>,
    /// The certificate chain, PEM, the leaf first. Without a chain our CA issues a certificate.
    pub chain: Option<Vec<u8>>,
    /// The one service that the key signs for; `None` for the key that services share.
    pub service: Option<ServiceName>,
}

impl KeysFolder {
    /// Adds a key as the next key, which signs after a rotation. Returns the algorithm of the key.
    pub fn add(
        &self,
        new: &OperatorKey,
        services: &[Service],
        now: Timestamp,
    ) -> Result<&'static str, KeyChangeError> {
        let (_turn, mut states) = self.begin_change()?;
        let name = &new.name;
        check_name(name)?;
        let (key_path, path) = (self.key_file(name), self.certificate_file(name));
        let key = PrivateKey::from_pem(&new.key)
            .map_err(|source| KeysFolderError::Key { path: key_path.clone(), source })?;
        self.check_place(&states, new, key.public())?;
        check_algorithm(key.public().algorithm(), services)?;
        self.check_is_other(&states, key.public())?;
        if let Some(chain) = &new.chain {
            check_chain(&path, chain, key.public(), now)?;
            write(&path, chain, 0o644)?;
        }
        write(&key_path, key.to_pem().as_bytes(), 0o600)?;
        if new.chain.is_none() {
            self.issue(name, &key, leaf_use(new.service.as_ref()), now)?;
        }
        states.keys.push(KeyEntry::new(name.clone(), KeyState::Next, new.service.clone(), now));
        states.write(self)?;
        Ok(key.public().algorithm())
    }

    /// Fails if the name is taken, or if the service has a next key already.
    fn check_place(
        &self,
        states: &States,
        new: &OperatorKey,
        public: &PublicKey,
    ) -> Result<(), KeyChangeError> {
        let name = &new.name;
        // An interrupted attempt may have left a file with the same key. The name is not taken then.
        let is_other = |there: PrivateKey| there.public() != public;
        let is_taken = match self.key_file(name).exists() {
            true => self.read_key(name).map_or(true, is_other),
            false => self.certificate_file(name).exists(),
        };
        if is_taken || states.keys.iter().any(|key| key.name == *name) {
            return Err(refused(format!("there is a key `{name}` already: choose another --name")));
        }
        match states.find(new.service.as_ref(), KeyState::Next) {
            Some(waiting) => Err(refused(format!(
                "the key `{0}` is next already: rotate to it, or take it back with `portreeve keys retire{1}`",
                waiting.name,
                shell::argument(&waiting.name)
            ))),
            None => Ok(()),
        }
    }

    /// Fails if the folder contains the key already, as a listed key in any state or as the key of the CA.
    fn check_is_other(&self, states: &States, public: &PublicKey) -> Result<(), KeyChangeError> {
        // A key that cannot be read counts as a different key.
        let is_this = |key: &&KeyEntry| self.read_key(&key.name).is_ok_and(|read| read.public() == public);
        if let Some(other) = states.keys.iter().find(is_this) {
            return Err(refused(format!("the folder contains this key already, as `{}`", other.name)));
        }
        let spki = public.subject_public_key_info();
        if self.read_ca()?.iter().any(|ca| ca.spki == spki) {
            return Err(refused("it is the key of the CA, which signs certificates and nothing else"));
        }
        Ok(())
    }
}

fn check_name(name: &str) -> Result<(), KeyChangeError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_name = !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(fits);
    // The folder has other files with these names.
    if !is_name || ["ca", "secrets"].iter().any(|taken| name.eq_ignore_ascii_case(taken)) {
        return Err(refused(format!(
            "`{name}` cannot be the name of a key: use at most 64 letters, digits, `.`, `_` and `-`, no `.` at the beginning, and neither `ca` nor `secrets`"
        )));
    }
    Ok(())
}

/// Fails unless the chain begins with the certificate of the key, is in order, and has not ended.
fn check_chain(path: &Path, chain: &[u8], public: &PublicKey, now: Timestamp) -> Result<(), KeyChangeError> {
    let read = certificate::read(chain).map_err(bad_certificate(path))?;
    let leaf = read.first().ok_or_else(|| broken(path, "it is empty"))?;
    if leaf.spki != public.subject_public_key_info() {
        return Err(refused("the first certificate of the chain does not belong to the key"));
    }
    let end = read.iter().map(|certificate| certificate.not_after).min();
    if let Some(end) = end.filter(|end| *end <= now) {
        return Err(refused(format!("a certificate of the chain ended at {end}")));
    }
    let in_order =
        read.iter().zip(read.iter().skip(1)).all(|(below, above)| certificate::is_signed_by(below, above));
    if !in_order {
        return Err(refused(
            "the chain is not in order: the leaf first, each certificate signed by the one after it",
        ));
    }
    Ok(())
}

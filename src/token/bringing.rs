//! Keys that the operator brings.

use super::certificate;
use super::change::{check_algorithm, find_public};
use super::error::{KeyChangeError, KeyringError, bad_certificate, broken, refused};
use super::files::{certificate_file, key_file, lock, write};
use super::key::PrivateKey;
use super::keyring::Keyring;
use super::making::{check_writable, entry, issue, leaf_use};
use super::opening::{CA_CERTIFICATE, read_chain, read_key};
use super::states::{KeyState, States};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use std::path::Path;

/// A key that the operator brings.
pub struct BroughtKey<'a> {
    /// What its files will be called.
    pub name: String,
    /// PEM.
    pub key: &'a [u8],
    /// PEM, the leaf first; our CA issues a certificate when there is none.
    pub chain: Option<&'a [u8]>,
    /// The service that it signs for alone.
    pub service: Option<ServiceName>,
}

impl Keyring {
    /// Takes a key that the operator brings as the next one. It signs when it is rotated to.
    pub fn add(
        folder: &Path,
        brought: &BroughtKey<'_>,
        services: &[Service],
        now: Timestamp,
    ) -> Result<&'static str, KeyChangeError> {
        let _turn = lock(folder)?;
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let name = &brought.name;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let is_name =
            !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(fits);
        if !is_name || name.eq_ignore_ascii_case("ca") {
            return Err(refused(format!(
                "`{name}` cannot be the name of a key: use letters, digits, `.`, `_` and `-`, and not `ca`"
            )));
        }
        let (key_path, path) = (key_file(folder, name), certificate_file(folder, name));
        let key = PrivateKey::from_pem(brought.key)
            .map_err(|source| KeyringError::Key { path: key_path.clone(), source })?;
        // A file with the same key is of a try that was cut off.
        let is_other = |there: PrivateKey| there.public() != key.public();
        let is_taken = match key_path.exists() {
            true => read_key(&key_path).map_or(true, is_other),
            false => path.exists(),
        };
        if is_taken || states.keys.iter().any(|key| key.name == *name) {
            return Err(refused(format!("there is a key `{name}` already: choose another --name")));
        }
        if let Some(waiting) = states.find(brought.service.as_ref(), KeyState::Next) {
            return Err(refused(format!(
                "the key `{0}` is next already: rotate to it, or take it back with `portreeve keys retire {0}`",
                waiting.name
            )));
        }
        check_algorithm(key.public().algorithm(), services)?;
        if let Some(other) = find_public(folder, &states, key.public()) {
            return Err(refused(format!("it is the key `{other}` already")));
        }
        let spki = key.public().subject_public_key_info();
        if read_chain(&folder.join(CA_CERTIFICATE))?.iter().any(|ca| ca.spki == spki) {
            return Err(refused("it is the key of the CA, which signs certificates and nothing else"));
        }
        if let Some(chain) = brought.chain {
            let read = certificate::read(chain).map_err(bad_certificate(&path))?;
            let leaf = read.first().ok_or_else(|| broken(&path, "it is empty"))?;
            if leaf.spki != key.public().subject_public_key_info() {
                return Err(refused("the first certificate of the chain is not that of the key"));
            }
            let end = read.iter().map(|certificate| certificate.not_after).min();
            if let Some(end) = end.filter(|end| *end <= now) {
                return Err(refused(format!("a certificate of the chain ended at {end}")));
            }
            let in_order =
                read.iter().zip(read.iter().skip(1)).all(|(below, above)| below.is_signed_by(above));
            if !in_order {
                return Err(refused(
                    "the chain is not in order: the leaf first, each certificate signed by the one after it",
                ));
            }
            write(&path, chain, 0o644)?;
        }
        write(&key_path, key.to_pem().as_bytes(), 0o600)?;
        if brought.chain.is_none() {
            issue(folder, &path, &key, leaf_use(brought.service.as_ref()), now)?;
        }
        states.keys.push(entry(name.clone(), KeyState::Next, brought.service.clone(), now));
        states.write(folder)?;
        Ok(key.public().algorithm())
    }
}

//! Making what the keys folder holds: the CA, signing keys, their certificates.
//!
//! Only one may do this at a time among all who share the folder; whoever calls holds the lease.

use super::certificate::{self, LeafUse, is_old, names_issuer};
use super::error::{KeyringError, bad_certificate, broken};
use super::files::{
    certificate_file, io, is_read_only, key_file, private_folder, read, read_secret, remove, write,
};
use super::key::PrivateKey;
use super::keyring::Keyring;
use super::opening::{CA_CERTIFICATE, CA_KEY, read_chain, read_key};
use super::states::{KeyEntry, KeyState, States};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use std::fs;
use std::path::Path;

impl Keyring {
    /// Makes what is missing: the folder, the CA, a signing key (or takes the one `.key` file that
    /// is there), its certificate, and last `keyring.json`. Interrupted half way, it goes on where
    /// it was. Only one may do this at a time.
    pub fn create(folder: &Path, now: Timestamp) -> Result<(), KeyringError> {
        if folder.exists() && is_read_only(folder) {
            let advice =
                "it holds no keyring.json, so make the keys where it can be written, by a first start there";
            return Err(KeyringError::ReadOnly(folder.to_owned(), advice));
        }
        private_folder(folder)?;
        ensure_ca(folder, now)?;
        let name = match operator_key(folder)? {
            Some(name) => name,
            None => write_new_key(folder)?,
        };
        let key = read_key(&key_file(folder, &name))?;
        let chain = certificate_file(folder, &name);
        if !chain.try_exists().map_err(io(&chain))? {
            issue(folder, &chain, &key, LeafUse::InTokens, now)?;
        }
        States::new(entry(name, KeyState::Signing, None, now)).write(folder)
    }
}

pub(super) fn entry(name: String, state: KeyState, service: Option<ServiceName>, now: Timestamp) -> KeyEntry {
    KeyEntry { name, state, service, created_at: now, retired_at: None }
}

/// A new key in its file; returns its name.
fn write_new_key(folder: &Path) -> Result<String, KeyringError> {
    let [a, b, c, d] = crate::entropy::bytes().map_err(|error| broken(folder, error))?;
    let name = format!("signing-{a:02x}{b:02x}{c:02x}{d:02x}");
    let path = key_file(folder, &name);
    let key = PrivateKey::generate().map_err(|source| KeyringError::Key { path: path.clone(), source })?;
    write(&path, key.to_pem().as_bytes(), 0o600)?;
    Ok(name)
}

/// A new key with its certificate; returns its name.
pub(super) fn make(
    folder: &Path,
    service: Option<&ServiceName>,
    now: Timestamp,
) -> Result<String, KeyringError> {
    let ca_key = folder.join(CA_KEY);
    if !ca_key.exists() {
        return Err(broken(&ca_key, "it is missing: bring it back to make keys and certificates"));
    }
    let name = write_new_key(folder)?;
    let path = key_file(folder, &name);
    let key = read_key(&path)?;
    if let Err(error) = issue(folder, &certificate_file(folder, &name), &key, leaf_use(service), now) {
        // Nobody would ever use it.
        remove(&path)?;
        return Err(error);
    }
    Ok(name)
}

pub(super) fn leaf_use(service: Option<&ServiceName>) -> LeafUse {
    if service.is_some() { LeafUse::AtRegistry } else { LeafUse::InTokens }
}

/// Whether the certificate that travels with this key is to be issued anew: it is missing, or ours and 60
/// days old.
pub(super) fn is_due(folder: &Path, key: &KeyEntry, now: Timestamp) -> Result<bool, KeyringError> {
    if key.service.is_some() || key.state == KeyState::Retired || !folder.join(CA_KEY).exists() {
        return Ok(false);
    }
    let path = certificate_file(folder, &key.name);
    if !path.try_exists().map_err(io(&path))? {
        return Ok(true);
    }
    let (chain, ca) = (read_chain(&path)?, read_chain(&folder.join(CA_CERTIFICATE))?);
    Ok(names_issuer(&chain, &ca) && chain.first().is_some_and(|leaf| is_old(leaf, now)))
}

/// Issues a leaf with the CA of the folder.
pub(super) fn issue(
    folder: &Path,
    path: &Path,
    key: &PrivateKey,
    leaf_use: LeafUse,
    now: Timestamp,
) -> Result<(), KeyringError> {
    let key_path = folder.join(CA_KEY);
    let ca_key = read_secret(&key_path)?;
    let ca_key = std::str::from_utf8(&ca_key).map_err(|error| broken(&key_path, error))?;
    let ca = read(&folder.join(CA_CERTIFICATE))?;
    let ca = String::from_utf8_lossy(&ca);
    let leaf = certificate::issue_leaf(ca_key, &ca, key.public(), leaf_use, now);
    write(path, leaf.map_err(bad_certificate(&key_path))?.as_bytes(), 0o644)
}

/// Makes the CA, or completes one whose certificate is missing.
fn ensure_ca(folder: &Path, now: Timestamp) -> Result<(), KeyringError> {
    let (key_path, path) = (folder.join(CA_KEY), folder.join(CA_CERTIFICATE));
    if path.try_exists().map_err(io(&path))? {
        return Ok(());
    }
    if !key_path.try_exists().map_err(io(&key_path))? {
        return replace_ca(folder, now);
    }
    let key = read_secret(&key_path)?;
    let text = std::str::from_utf8(&key).map_err(|error| broken(&key_path, error))?;
    let certificate = certificate::ca_certificate_for(text, now).map_err(bad_certificate(&key_path))?;
    write(&path, certificate.as_bytes(), 0o644)
}

/// Makes a CA, in the place of the one that is there.
pub(super) fn replace_ca(folder: &Path, now: Timestamp) -> Result<(), KeyringError> {
    let path = folder.join(CA_CERTIFICATE);
    let (key, certificate) = certificate::new_ca(now).map_err(bad_certificate(&path))?;
    write(&folder.join(CA_KEY), key.as_bytes(), 0o600)?;
    write(&path, certificate.as_bytes(), 0o644)
}

/// The name of the one key file besides the CA's, if there is one.
fn operator_key(folder: &Path) -> Result<Option<String>, KeyringError> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let file = entry.map_err(io(folder))?.file_name();
        if let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".key"))
            && name != "ca"
        {
            names.push(name.to_owned());
        }
    }
    match names.len() {
        0 | 1 => Ok(names.pop()),
        _ => Err(KeyringError::SeveralKeys(folder.to_owned())),
    }
}

/// Files that a change left behind which was cut off: of keys made here that `keyring.json` does not name,
/// and such as were being written.
pub(super) fn strays(folder: &Path, states: &States) -> Result<Vec<String>, KeyringError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(io(folder))? {
        let Ok(file) = entry.map_err(io(folder))?.file_name().into_string() else {
            continue;
        };
        let stem = file.strip_suffix(".key").or_else(|| file.strip_suffix(".crt"));
        let unknown = |name: &str| {
            let random = name.strip_prefix("signing-").filter(|text| text.len() == 8);
            random.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                && !states.keys.iter().any(|key| key.name == name)
        };
        let unfinished = [".key.new", ".crt.new", ".json.new"].iter().any(|ending| file.ends_with(ending));
        if unfinished || stem.is_some_and(unknown) {
            found.push(file);
        }
    }
    Ok(found)
}

/// Refuses to go on where nobody is meant to write.
pub(super) fn check_writable(folder: &Path) -> Result<(), KeyringError> {
    if is_read_only(folder) {
        return Err(KeyringError::ReadOnly(folder.to_owned(), "do this where it can be written"));
    }
    Ok(())
}

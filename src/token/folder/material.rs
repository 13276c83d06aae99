//! Reads the keys and certificates of the folder, makes keys and the CA, and issues certificates.

use super::KeysFolder;
use super::files::{io, read, read_secret, remove, write};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::token::certificate::{self, LeafUse, names_issuer};
use crate::token::error::{KeysFolderError, bad_certificate, broken};
use crate::token::key::PrivateKey;
use crate::token::x509::Certificate;
use std::path::Path;

/// Returns the purpose of a key's certificate: `AtRegistry` for a service's own key, `InTokens` for the shared key.
pub(super) fn leaf_use(service: Option<&ServiceName>) -> LeafUse {
    if service.is_some() { LeafUse::AtRegistry } else { LeafUse::InTokens }
}

fn read_chain(path: &Path) -> Result<Vec<Certificate>, KeysFolderError> {
    certificate::read(&read(path)?).map_err(bad_certificate(path))
}

impl KeysFolder {
    pub(super) fn read_key(&self, name: &str) -> Result<PrivateKey, KeysFolderError> {
        let path = self.key_file(name);
        let text = read_secret(&path, self.guard)?;
        PrivateKey::from_pem(&text).map_err(|source| KeysFolderError::Key { path, source })
    }

    /// Reads the certificates of a key, the leaf first.
    pub(super) fn read_chain(&self, name: &str) -> Result<Vec<Certificate>, KeysFolderError> {
        read_chain(&self.certificate_file(name))
    }

    pub(super) fn read_ca(&self) -> Result<Vec<Certificate>, KeysFolderError> {
        read_chain(&self.ca_certificate_file())
    }

    /// Returns true if the certificate of a key names our CA as its issuer. Also returns true for a key without a
    /// certificate, because our CA would sign it.
    pub(super) fn is_ours(&self, name: &str) -> Result<bool, KeysFolderError> {
        if !self.certificate_file(name).exists() {
            return Ok(true);
        }
        let (chain, ca) = (self.read_chain(name)?, self.read_ca()?);
        Ok(names_issuer(&chain, &ca))
    }

    /// Makes a key and writes its file. Returns the name of the key.
    pub(super) fn write_new_key(&self) -> Result<String, KeysFolderError> {
        let [a, b, c, d] = crate::entropy::bytes().map_err(|error| broken(self.path(), error))?;
        let name = format!("signing-{a:02x}{b:02x}{c:02x}{d:02x}");
        let path = self.key_file(&name);
        let key =
            PrivateKey::generate().map_err(|source| KeysFolderError::Key { path: path.clone(), source })?;
        write(&path, key.to_pem().as_bytes(), 0o600)?;
        Ok(name)
    }

    /// Makes a key and its certificate. Returns the name of the key.
    pub(super) fn make_key(
        &self,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<String, KeysFolderError> {
        let ca_key = self.ca_key_file();
        if !ca_key.exists() {
            return Err(broken(&ca_key, "it is missing: bring it back to make keys and certificates"));
        }
        let name = self.write_new_key()?;
        let key = self.read_key(&name)?;
        if let Err(error) = self.issue(&name, &key, leaf_use(service), now) {
            // `keyring.json` does not list the key yet, so no server would use the file.
            remove(&self.key_file(&name))?;
            return Err(error);
        }
        Ok(name)
    }

    /// Issues the certificate of the key `name` with the CA of the folder.
    pub(super) fn issue(
        &self,
        name: &str,
        key: &PrivateKey,
        leaf_use: LeafUse,
        now: Timestamp,
    ) -> Result<(), KeysFolderError> {
        let key_path = self.ca_key_file();
        let ca_key = read_secret(&key_path, self.guard)?;
        let ca_key = std::str::from_utf8(&ca_key).map_err(|error| broken(&key_path, error))?;
        let ca = read(&self.ca_certificate_file())?;
        let ca = String::from_utf8_lossy(&ca);
        let leaf = certificate::issue_leaf(ca_key, &ca, key.public(), leaf_use, now);
        let leaf = leaf.map_err(bad_certificate(&key_path))?;
        write(&self.certificate_file(name), leaf.as_bytes(), 0o644)
    }

    /// Makes the CA, or the missing certificate of an existing CA key. Returns true if it made something.
    pub(super) fn ensure_ca(&self, now: Timestamp) -> Result<bool, KeysFolderError> {
        let (key_path, path) = (self.ca_key_file(), self.ca_certificate_file());
        if path.try_exists().map_err(io(&path))? {
            return Ok(false);
        }
        if !key_path.try_exists().map_err(io(&key_path))? {
            self.replace_ca(now)?;
            return Ok(true);
        }
        let key = read_secret(&key_path, self.guard)?;
        let text = std::str::from_utf8(&key).map_err(|error| broken(&key_path, error))?;
        let certificate = certificate::ca_certificate_for(text, now).map_err(bad_certificate(&key_path))?;
        write(&path, certificate.as_bytes(), 0o644)?;
        Ok(true)
    }

    /// Makes a new CA, and replaces an existing one.
    pub(super) fn replace_ca(&self, now: Timestamp) -> Result<(), KeysFolderError> {
        let path = self.ca_certificate_file();
        let (key, certificate) = certificate::new_ca(now).map_err(bad_certificate(&path))?;
        write(&self.ca_key_file(), key.as_bytes(), 0o600)?;
        write(&path, certificate.as_bytes(), 0o644)
    }

    pub(super) fn remove_files(&self, name: &str) -> Result<(), KeysFolderError> {
        remove(&self.key_file(name))?;
        remove(&self.certificate_file(name))
    }
}

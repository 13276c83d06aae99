//! Creates the parts of a keys folder: the folder, the CA, a signing key with its certificate, `keyring.json`.

use super::KeysFolder;
use super::files::{io, is_read_only, private_folder};
use super::secrets::SECRETS;
use super::states::{KeyEntry, States};
use crate::domain::time::Timestamp;
use crate::token::certificate::LeafUse;
use crate::token::error::KeysFolderError;
use crate::token::loaded_key::KeyState;
use std::fs;

impl KeysFolder {
    /// Creates all missing parts: the folder, the CA, a signing key with its certificate, and last
    /// `keyring.json`. If the folder contains exactly one `.key` file besides `ca.key` and `secrets.key`,
    /// that key becomes the signing key. After an interruption, a second run continues. The caller must
    /// exclude other processes, because this function does not lock the folder. `is_anew` is true if registries may
    /// know an earlier CA.
    pub fn create(&self, now: Timestamp, is_anew: bool) -> Result<(), KeysFolderError> {
        self.check_creatable()?;
        private_folder(self.path(), self.guard)?;
        let made_ca = self.ensure_ca(now)?;
        let name = match self.find_operator_key()? {
            Some(name) => name,
            None => self.write_new_key()?,
        };
        let key = self.read_key(&name)?;
        let chain = self.certificate_file(&name);
        if !chain.try_exists().map_err(io(&chain))? {
            self.issue(&name, &key, LeafUse::InTokens, now)?;
        }
        let mut states = States::new(KeyEntry::new(name, KeyState::Signing, None, now));
        states.ca_made_anew_at = (is_anew && made_ca).then_some(now);
        states.write(self)
    }

    /// Fails if the folder exists and is read-only.
    pub(super) fn check_creatable(&self) -> Result<(), KeysFolderError> {
        if self.path().exists() && is_read_only(self.path()) {
            let advice =
                "it contains no keyring.json: make the keys by a first start where the folder can be written";
            return Err(KeysFolderError::ReadOnly(self.path().to_owned(), advice));
        }
        Ok(())
    }

    /// Returns the name of the only key file, not counting `ca.key` and `secrets.key`. Returns `None` if there is
    /// no key file. Fails if there are several.
    pub(super) fn find_operator_key(&self) -> Result<Option<String>, KeysFolderError> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.path()).map_err(io(self.path()))? {
            let file = entry.map_err(io(self.path()))?.file_name();
            if let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".key"))
                && name != "ca"
                && name != SECRETS
            {
                names.push(name.to_owned());
            }
        }
        match names.len() {
            0 | 1 => Ok(names.pop()),
            _ => Err(KeysFolderError::SeveralKeys(self.path().to_owned())),
        }
    }
}

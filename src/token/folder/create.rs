//! Creates what a keys folder needs: the folder, the CA, a signing key with its certificate, `keyring.json`.

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
    /// Makes what is missing: the folder, the CA, a signing key (or takes the one `.key` file that is there), its
    /// certificate, and last `keyring.json`. After an interruption it continues where it was. The caller holds
    /// the lease. `is_anew` says that registries may know an earlier CA.
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

    /// Fails if the folder is there and nothing can be made in it.
    pub(super) fn check_creatable(&self) -> Result<(), KeysFolderError> {
        if self.path().exists() && is_read_only(self.path()) {
            let advice =
                "it holds no keyring.json, so make the keys where it can be written, by a first start there";
            return Err(KeysFolderError::ReadOnly(self.path().to_owned(), advice));
        }
        Ok(())
    }

    /// The name of the one key file besides the CA's and the one that seals secrets, if there is one.
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

//! The file `secrets.key` of the keys folder: the keys that seal secrets in the database.

use super::KeysFolder;
use super::files::{check_writable, io, private_folder, read_secret, write};
use crate::entropy;
use crate::token::error::{KeysFolderError, broken};
use crate::token::seal::SealingKeys;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The name of the file without its ending. The file does not contain a signing key.
pub(super) const SECRETS: &str = "secrets";

impl KeysFolder {
    fn secrets_file(&self) -> PathBuf {
        self.key_file(SECRETS)
    }

    /// Reads the keys that seal secrets; `None` if there are none yet.
    pub fn sealing_keys(&self) -> Result<Option<SealingKeys>, KeysFolderError> {
        let path = self.secrets_file();
        match read_secret(&path, self.guard) {
            Ok(text) => {
                let text = std::str::from_utf8(&text).map_err(|_| broken(&path, "it is not text"))?;
                SealingKeys::parse(text).map(Some).map_err(|error| broken(&path, error))
            }
            Err(KeysFolderError::File { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the keys that seal secrets, and makes the first key if there is none. If two processes make a key at the
    /// same time, both get the key that was stored first.
    pub fn make_sealing_keys(&self) -> Result<SealingKeys, KeysFolderError> {
        if let Some(keys) = self.sealing_keys()? {
            return Ok(keys);
        }
        check_writable(self.path())?;
        private_folder(self.path(), self.guard)?;
        let path = self.secrets_file();
        let keys = self.new_sealing_key(None)?;
        let beside = self.path().join(format!("{SECRETS}.{}", uuid::Uuid::new_v4()));
        write(&beside, keys.write().as_bytes(), 0o600)?;
        // A hard link never replaces an existing file, but a rename would.
        let linked = std::fs::hard_link(&beside, &path);
        std::fs::remove_file(&beside).map_err(io(&beside))?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(io(&path)(error)),
            _ => self.sealing_keys()?.ok_or_else(|| broken(&path, "it has disappeared again")),
        }
    }

    /// Adds a key that seals from now on. The older keys can still open secrets.
    pub fn add_sealing_key(&self) -> Result<SealingKeys, KeysFolderError> {
        check_writable(self.path())?;
        let keys = self.new_sealing_key(self.sealing_keys()?)?;
        write(&self.secrets_file(), keys.write().as_bytes(), 0o600)?;
        Ok(keys)
    }

    /// Removes all keys except the newest.
    pub fn drop_older_sealing_keys(&self) -> Result<(), KeysFolderError> {
        check_writable(self.path())?;
        match self.sealing_keys()? {
            Some(keys) => write(&self.secrets_file(), keys.newest().write().as_bytes(), 0o600),
            None => Ok(()),
        }
    }

    fn new_sealing_key(&self, older: Option<SealingKeys>) -> Result<SealingKeys, KeysFolderError> {
        let no_entropy = |error| broken(&self.secrets_file(), error);
        let (key, id) = (entropy::bytes().map_err(no_entropy)?, entropy::bytes().map_err(no_entropy)?);
        Ok(SealingKeys::with(older, key, id))
    }
}

//! Finds the work that a start would do in the keys folder, without doing it.

use super::KeysFolder;
use super::files::{check_private, is_read_only};
use super::maintain::Maintenance;
use super::states::States;
use crate::domain::time::Timestamp;
use crate::token::error::KeysFolderError;
use crate::token::keyring::Keyring;

/// The work that a start, or soon afterwards the running server, would do in the keys folder.
#[derive(Debug)]
pub enum Foreseen {
    /// The folder contains no keyring, so the start would make the missing parts.
    Create {
        /// True if the folder exists.
        is_there: bool,
        /// The name of the operator's key that becomes the signing key; `None` if the start makes a key.
        operator_key: Option<String>,
        /// True if the folder contains the certificate of a CA.
        has_ca: bool,
    },
    /// The start would use the existing keys.
    Use {
        /// The keys; `None` if they can be used only after the due work.
        keyring: Option<Box<Keyring>>,
        /// The due work. The start would first renew the certificates. A running server would remove the retired keys
        /// later.
        due: Maintenance,
        /// True if the folder is read-only. The due work is not done then.
        read_only: bool,
    },
}

impl KeysFolder {
    /// Finds the work that a start would do in the folder. Changes nothing, and fails if the start would fail.
    pub fn foresee(&self, now: Timestamp) -> Result<Foreseen, KeysFolderError> {
        if !self.exists()? {
            return self.foresee_creation();
        }
        let read_only = is_read_only(self.path());
        let due = self.due(&States::read(self)?, now)?;
        // A missing or ended certificate does not matter if a new one is issued first.
        let keyring = match self.load(now) {
            Err(KeysFolderError::Expired { .. }) if !read_only && !due.renewed.is_empty() => None,
            Err(KeysFolderError::File { .. }) if !read_only && !due.renewed.is_empty() => None,
            loaded => Some(Box::new(loaded?)),
        };
        self.check_modes()?;
        Ok(Foreseen::Use { keyring, due, read_only })
    }

    fn foresee_creation(&self) -> Result<Foreseen, KeysFolderError> {
        self.check_creatable()?;
        let is_there = self.path().exists();
        if !is_there {
            let nearest = self.path().ancestors().skip(1).find(|folder| folder.exists());
            let nearest = nearest.unwrap_or_else(|| std::path::Path::new("."));
            if is_read_only(nearest) {
                let advice = "the keys folder cannot be made in it";
                return Err(KeysFolderError::ReadOnly(nearest.to_owned(), advice));
            }
            return Ok(Foreseen::Create { is_there, operator_key: None, has_ca: false });
        }
        let operator_key = self.find_operator_key()?;
        if operator_key.is_some() || self.ca_key_file().exists() {
            check_private(self.path(), self.guard)?;
        }
        if let Some(name) = &operator_key {
            self.read_key(name)?;
        }
        let has_ca = self.ca_certificate_file().exists();
        if has_ca {
            self.read_ca()?;
        }
        Ok(Foreseen::Create { is_there, operator_key, has_ca })
    }
}

//! The secrets of providers, sealed in the database or in files, and the sealed refresh tokens of people.

use crate::domain::exposure::{Exposure, Guard};
use crate::domain::identity::ProviderName;
use crate::entropy::{self, NoEntropy};
use crate::storage::Secret;
use crate::token::{KeysFolder, KeysFolderError, Place, SealError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The greatest length of a secret in a file, bytes.
const LONGEST: u64 = 4096;

/// The reason why a secret cannot be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The keys folder cannot be used.
    #[error(transparent)]
    Folder(#[from] KeysFolderError),
    /// The sealed text cannot be opened.
    #[error("a secret cannot be opened: {0}")]
    Seal(#[from] SealError),
    /// The system gave no random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The file cannot be read, is not a regular file, is too long, or is empty.
    #[error("the secret file `{path}` cannot be read: {why}")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The reason why the file cannot be read.
        why: String,
    },
    /// The content of the file must not be sent to anybody.
    #[error("the secret file `{path}` {why}")]
    NotASecret {
        /// The path of the file.
        path: PathBuf,
        /// The reason why the content is not a secret.
        why: &'static str,
    },
    /// Other users may read or replace the file.
    #[error("{}", why.told(path))]
    Exposed {
        /// The path of the file.
        path: PathBuf,
        /// The fault of the file's owner or mode.
        why: Exposure,
    },
}

impl SecretError {
    /// Returns true if nothing can be sealed because the keys folder is read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Folder(KeysFolderError::ReadOnly(..)))
    }
}

/// Returns the name of a person for [`Place::row`]: the provider and the external id, which never change.
fn row_of(provider: &ProviderName, external_id: &str) -> String {
    format!("{provider}/{external_id}")
}

/// The secrets of providers, for sealing and reading.
pub struct Secrets {
    folder: KeysFolder,
    guard: Guard,
}

impl Secrets {
    /// Makes the secrets. The key in `folder` seals them. Files with secrets must satisfy `guard`.
    #[must_use]
    pub fn new(folder: KeysFolder, guard: Guard) -> Self {
        Self { folder, guard }
    }

    fn seal(&self, place: Place<'_>, secret: &str) -> Result<String, SecretError> {
        Ok(self.folder.make_sealing_keys()?.seal(place, secret, entropy::bytes()?)?)
    }

    fn unseal(&self, place: Place<'_>, sealed: &str) -> Result<Zeroizing<String>, SecretError> {
        let keys = self.folder.sealing_keys()?.ok_or(SealError::NoKey)?;
        Ok(keys.open(place, sealed)?)
    }

    /// Seals the client secret of a provider, to be stored with the provider.
    pub fn seal_of_client(&self, provider: &ProviderName, secret: &str) -> Result<Secret, SecretError> {
        let place = Place { table: "identity_providers", row: provider.as_str(), column: "secret" };
        Ok(Secret::Sealed(self.seal(place, secret)?))
    }

    /// Returns the client secret of a provider in plain text: unsealed, or read from its file.
    pub(super) fn of_client(
        &self,
        provider: &ProviderName,
        secret: &Secret,
    ) -> Result<Zeroizing<String>, SecretError> {
        match secret {
            Secret::Sealed(sealed) => {
                let place = Place { table: "identity_providers", row: provider.as_str(), column: "secret" };
                self.unseal(place, sealed)
            }
            Secret::File(path) => self.read_file(Path::new(path)),
        }
    }

    /// Checks that a file with a secret can be used.
    pub fn check_file(&self, path: &Path) -> Result<(), SecretError> {
        self.read_file(path).map(|_| ())
    }

    /// Reads the secret in a file: its only line.
    // INVARIANT: the secret that is read here is sent to a provider, and an administrator of the API chooses both the
    // file and the provider. So no file of the keys folder is read, and no file of several lines: a private key is
    // never one line.
    fn read_file(&self, path: &Path) -> Result<Zeroizing<String>, SecretError> {
        let failed = |why: String| SecretError::File { path: path.to_owned(), why };
        let odd = |why| SecretError::NotASecret { path: path.to_owned(), why };
        if self.folder.holds(path).map_err(|error| failed(error.to_string()))? {
            return Err(odd(
                "is in the keys folder, whose files are for this server alone: keep the secret in another folder",
            ));
        }
        let metadata = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?;
        if let Some(why) = self.guard.judge(metadata.uid(), metadata.mode(), false) {
            return Err(SecretError::Exposed { path: path.to_owned(), why });
        }
        if !metadata.is_file() || metadata.len() > LONGEST {
            return Err(failed(format!("it is not a file of at most {LONGEST} bytes")));
        }
        let text = std::fs::read_to_string(path).map(Zeroizing::new);
        let text = text.map_err(|error| failed(error.to_string()))?;
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(failed("it is empty".to_owned()));
        }
        if secret.chars().any(char::is_control) {
            return Err(odd(
                "holds more than one line, or characters that no secret has: write the secret alone into it",
            ));
        }
        Ok(Zeroizing::new(secret.to_owned()))
    }

    /// Seals the refresh token of a person, to be stored with their identity.
    pub(super) fn seal_token(
        &self,
        provider: &ProviderName,
        external_id: &str,
        token: &str,
    ) -> Result<String, SecretError> {
        let row = row_of(provider, external_id);
        self.seal(Place { table: "identities", row: &row, column: "upstream_token" }, token)
    }

    /// Returns the unsealed refresh token of a person.
    pub(super) fn open_token(
        &self,
        provider: &ProviderName,
        external_id: &str,
        sealed: &str,
    ) -> Result<Zeroizing<String>, SecretError> {
        let row = row_of(provider, external_id);
        self.unseal(Place { table: "identities", row: &row, column: "upstream_token" }, sealed)
    }

    /// Seals a client secret again with the newest key. Returns `None` if that key already seals it, or if it is in a
    /// file.
    pub fn reseal_of_client(
        &self,
        provider: &ProviderName,
        secret: &Secret,
    ) -> Result<Option<Secret>, SecretError> {
        match secret {
            Secret::Sealed(sealed) if !self.is_newest(sealed)? => {
                let opened = self.of_client(provider, secret)?;
                self.seal_of_client(provider, &opened).map(Some)
            }
            Secret::Sealed(_) | Secret::File(_) => Ok(None),
        }
    }

    /// Seals a refresh token again with the newest key. Returns `None` if that key already seals it.
    pub fn reseal_token(
        &self,
        provider: &ProviderName,
        external_id: &str,
        sealed: &str,
    ) -> Result<Option<String>, SecretError> {
        if self.is_newest(sealed)? {
            return Ok(None);
        }
        let opened = self.open_token(provider, external_id, sealed)?;
        self.seal_token(provider, external_id, &opened).map(Some)
    }

    fn is_newest(&self, sealed: &str) -> Result<bool, SecretError> {
        Ok(self.folder.sealing_keys()?.ok_or(SealError::NoKey)?.is_newest(sealed))
    }
}

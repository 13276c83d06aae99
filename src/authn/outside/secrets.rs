//! The secrets of providers: sealed in the database, or in files.

use super::Outside;
use crate::domain::exposure::Exposure;
use crate::domain::identity::ProviderName;
use crate::entropy::{self, NoEntropy};
use crate::storage::Secret;
use crate::token::{KeysFolderError, Place, SealError};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The longest secret in a file, bytes.
const LONGEST: u64 = 4096;

/// Why a secret cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The keys folder cannot be used.
    #[error(transparent)]
    Folder(#[from] KeysFolderError),
    /// The sealed text cannot be opened.
    #[error("a secret cannot be opened: {0}")]
    Seal(#[from] SealError),
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// The file cannot be read.
    #[error("the secret file `{path}` cannot be read: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// Others may read the file.
    #[error("{}", why.told(path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: Exposure,
    },
}

impl SecretError {
    /// Whether nothing can be sealed because the keys folder is read-only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Folder(KeysFolderError::ReadOnly(..)))
    }
}

/// The row of a person in [`Place`]: what names it for good.
fn row_of(provider: &ProviderName, external_id: &str) -> String {
    format!("{provider}/{external_id}")
}

impl Outside {
    fn seal(&self, place: Place<'_>, secret: &str) -> Result<String, SecretError> {
        Ok(self.folder.make_sealing_keys()?.seal(place, secret, entropy::bytes()?)?)
    }

    fn unseal(&self, place: Place<'_>, sealed: &str) -> Result<Zeroizing<String>, SecretError> {
        let keys = self.folder.sealing_keys()?.ok_or(SealError::NoKey)?;
        Ok(keys.open(place, sealed)?)
    }

    /// Seals the secret of a client, to be stored with its provider.
    pub fn seal_client_secret(&self, provider: &ProviderName, secret: &str) -> Result<Secret, SecretError> {
        let place = Place { table: "identity_providers", row: provider.as_str(), column: "secret" };
        Ok(Secret::Sealed(self.seal(place, secret)?))
    }

    /// The secret of a client, as it is sent.
    pub(super) fn client_secret(
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
    pub fn check_secret_file(&self, path: &Path) -> Result<(), SecretError> {
        self.read_file(path).map(|_| ())
    }

    /// The secret in a file: its text without the line break at the end.
    fn read_file(&self, path: &Path) -> Result<Zeroizing<String>, SecretError> {
        let failed = |why: String| SecretError::File { path: path.to_owned(), why };
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

    /// The refresh token of a person, as it is sent.
    pub(super) fn open_token(
        &self,
        provider: &ProviderName,
        external_id: &str,
        sealed: &str,
    ) -> Result<Zeroizing<String>, SecretError> {
        let row = row_of(provider, external_id);
        self.unseal(Place { table: "identities", row: &row, column: "upstream_token" }, sealed)
    }
}

//! The token server's keys, if the doctor runs on the token server's machine.

use crate::doctor::report::finding::{Examined, Finding};
use crate::doctor::token::certificate::Cert;
use crate::domain::time::Timestamp;
use crate::token::{KeysFolder, KeysFolderError, Probe};
use std::path::{Path, PathBuf};

/// The parts of the keys folder that the doctor uses.
pub(in crate::doctor) struct Keys {
    /// The path of the CA certificate that registries trust.
    pub(in crate::doctor) ca: PathBuf,
    authorities: Vec<Cert>,
    /// The certificates of signing keys, with their files.
    leaves: Vec<(PathBuf, Cert)>,
    pub(in crate::doctor) has_ca_key: bool,
    /// The signing keys for trials, each once for every form in which a token can name its key.
    pub(in crate::doctor) probes: Vec<Probe>,
}

impl Keys {
    /// Reads the keys folder. If the folder has no readable `ca.crt`, returns a finding and no facts.
    pub(in crate::doctor) fn open(folder: &Path, now: Timestamp) -> Examined<Option<Self>> {
        let mut findings = Vec::new();
        let ca = std::fs::canonicalize(folder.join("ca.crt"));
        let text = ca.and_then(|ca| Ok((std::fs::read(&ca)?, ca)));
        let (text, ca) = match text {
            Ok(read) => read,
            Err(error) => {
                findings.push(Finding::warning(
                    "keys",
                    format!("`{}` is not a keys folder of a token server: {error}", folder.display()),
                    "the doctor can sign no token for a trial",
                ));
                return Examined { facts: None, findings };
            }
        };
        let probes = match KeysFolder::new(folder).load(now) {
            Ok(ring) => ring.probes(),
            // An expired certificate is not reported here: the examination of the token reports it.
            Err(KeysFolderError::Expired { .. }) => Vec::new(),
            Err(error) => {
                findings.push(Finding::warning(
                    "keys",
                    crate::causes::causes(&error),
                    "a token server with these keys does not start",
                ));
                Vec::new()
            }
        };
        let leaves = leaves(folder, &ca);
        let has_ca_key = folder.join("ca.key").exists();
        let keys = Self { authorities: Cert::from_pem(&text), ca, leaves, has_ca_key, probes };
        Examined { facts: Some(keys), findings }
    }

    /// Returns true if the CA in this folder signed the certificate `leaf`.
    pub(in crate::doctor) fn signed(&self, leaf: &Cert) -> bool {
        self.authorities.iter().any(|authority| leaf.is_signed_by(authority))
    }

    /// Returns true if a certificate of the CA is valid at `now`, seconds since the epoch.
    pub(in crate::doctor) fn holds_at(&self, now: i64) -> bool {
        self.authorities.iter().any(|authority| authority.holds_at(now))
    }

    /// Returns the certificates of signing keys, with their files.
    pub(in crate::doctor) fn leaves(&self) -> impl Iterator<Item = &(PathBuf, Cert)> {
        self.leaves.iter()
    }

    /// Returns the file that contains the certificate `leaf` from a token.
    pub(in crate::doctor) fn file_of(&self, leaf: &Cert) -> Option<&Path> {
        self.leaves.iter().find(|(_, own)| own == leaf).map(|(path, _)| path.as_path())
    }

    /// Finds the certificate of a signing key by the key's id in either form, and returns it with its file.
    pub(in crate::doctor) fn named(&self, id: &str) -> Option<&(PathBuf, Cert)> {
        self.leaves.iter().find(|(_, leaf)| leaf.libtrust() == id || leaf.thumbprint().as_deref() == Some(id))
    }
}

/// Reads the certificates of signing keys in a folder, with their files.
fn leaves(folder: &Path, ca: &Path) -> Vec<(PathBuf, Cert)> {
    let mut leaves = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "crt") && path.file_name() != ca.file_name()
        {
            let text = std::fs::read(&path).unwrap_or_default();
            let absolute = std::fs::canonicalize(&path).unwrap_or(path);
            leaves.extend(Cert::from_pem(&text).into_iter().next().map(|leaf| (absolute, leaf)));
        }
    }
    leaves
}

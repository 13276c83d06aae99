//! The token server's keys, where the doctor is run beside them.

use super::certificate::Cert;
use super::finding::Finding;
use crate::domain::time::Timestamp;
use crate::token::{KeysFolder, KeysFolderError, Probe};
use std::path::{Path, PathBuf};

/// What is known of the keys folder.
pub(super) struct Keys {
    /// The certificate for registries.
    pub(super) ca: PathBuf,
    authorities: Vec<Cert>,
    /// The certificates of signing keys, with their files.
    leaves: Vec<(PathBuf, Cert)>,
    pub(super) has_ca_key: bool,
    /// What signs tokens for trials.
    pub(super) probes: Vec<Probe>,
}

impl Keys {
    /// Reads the folder.
    pub(super) fn open(folder: &Path, now: Timestamp, findings: &mut Vec<Finding>) -> Option<Self> {
        let ca = std::fs::canonicalize(folder.join("ca.crt"));
        let text = ca.and_then(|ca| Ok((std::fs::read(&ca)?, ca)));
        let (text, ca) = match text {
            Ok(read) => read,
            Err(error) => {
                findings.push(Finding::warning(
                    "keys",
                    format!("`{}` is not a keys folder of a token server: {error}", folder.display()),
                    "nothing can be signed for a trial",
                ));
                return None;
            }
        };
        let probes = match KeysFolder::new(folder).load(now) {
            Ok(ring) => ring.probes(),
            // That a certificate has ended shows in the token itself.
            Err(KeysFolderError::Expired { .. }) => Vec::new(),
            Err(error) => {
                findings.push(Finding::warning(
                    "keys",
                    crate::causes::causes(&error),
                    "a token server does not start with such keys",
                ));
                Vec::new()
            }
        };
        let mut leaves = Vec::new();
        for entry in std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
            let path = entry.path();
            if path.extension().is_some_and(|extension| extension == "crt")
                && path.file_name() != ca.file_name()
            {
                let text = std::fs::read(&path).unwrap_or_default();
                let absolute = std::fs::canonicalize(&path).unwrap_or(path);
                leaves.extend(Cert::from_pem(&text).into_iter().next().map(|leaf| (absolute, leaf)));
            }
        }
        let has_ca_key = folder.join("ca.key").exists();
        Some(Self { authorities: Cert::from_pem(&text), ca, leaves, has_ca_key, probes })
    }

    /// Whether these are the keys that made a token, which brings this certificate.
    pub(super) fn signed(&self, leaf: &Cert) -> bool {
        self.authorities.iter().any(|authority| leaf.is_signed_by(authority))
    }

    /// Whether the authority's certificate holds at a time, seconds since the epoch.
    pub(super) fn holds_at(&self, now: i64) -> bool {
        self.authorities.iter().any(|authority| authority.holds_at(now))
    }

    /// The certificates of signing keys, with their files.
    pub(super) fn leaves(&self) -> impl Iterator<Item = &(PathBuf, Cert)> {
        self.leaves.iter()
    }

    /// The file of a certificate that a token brings.
    pub(super) fn file_of(&self, leaf: &Cert) -> Option<&Path> {
        self.leaves.iter().find(|(_, own)| own == leaf).map(|(path, _)| path.as_path())
    }

    /// The certificate of a signing key, with its file, by the key's id in either form.
    pub(super) fn named(&self, id: &str) -> Option<&(PathBuf, Cert)> {
        self.leaves.iter().find(|(_, leaf)| leaf.libtrust() == id || leaf.thumbprint().as_deref() == Some(id))
    }
}

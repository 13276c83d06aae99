//! The keys folder: what is in it, making it, and reading it.

use super::certificate::{self, Certificate, CertificateError, RENEWAL_AGE};
use super::files::{check_private, io, private_folder, read, read_secret, write};
use super::jwks::Jwks;
use super::key::{KeyError, PrivateKey};
use super::signer::Signer;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

const CA_KEY: &str = "ca.key";
const CA_CERTIFICATE: &str = "ca.crt";
const STATES: &str = "keyring.json";
/// Warnings begin this long before a certificate ends.
const WARN_SECONDS: i64 = 30 * 86_400;

/// Why the keys folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// A file cannot be read or written.
    #[error("cannot use `{path}`")]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Others may read a secret.
    #[error("`{path}` is open to others (mode {mode:03o}): run `chmod {wanted} {path}`")]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// What they should be.
        wanted: u32,
    },
    /// A file is not what it should be.
    #[error("`{path}` cannot be used: {reason}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A key cannot be used.
    #[error("the key `{path}` cannot be used: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// A certificate cannot be made or used.
    #[error("the certificate `{path}` cannot be used: {source}")]
    Certificate {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: CertificateError,
    },
    /// A certificate has ended.
    #[error("the certificate `{path}` ended at {end}: {advice}")]
    Expired {
        /// The file.
        path: PathBuf,
        /// When.
        end: Timestamp,
        /// What to do.
        advice: &'static str,
    },
    /// Several keys, none chosen.
    #[error(
        "`{0}` holds several `.key` files and no keyring.json: leave one of them there, it becomes the signing key"
    )]
    SeveralKeys(PathBuf),
}

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyState {
    /// Signs tokens. Exactly one key does.
    Signing,
    /// No longer signs, but is published as long as its tokens may live.
    Retired,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyEntry {
    /// Its files are `NAME.key` and `NAME.crt`.
    name: String,
    state: KeyState,
    created_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct States {
    version: u32,
    keys: Vec<KeyEntry>,
}

/// The keys of a server, read from its folder.
#[derive(Debug)]
pub struct Keyring {
    signer: Signer,
    jwks: Jwks,
    ca_path: PathBuf,
    ends: Vec<(PathBuf, Timestamp)>,
    /// The certificate of the signing key, when another authority than ours signed it.
    foreign: Option<PathBuf>,
}

fn broken(path: &Path, reason: impl ToString) -> KeyringError {
    KeyringError::Broken { path: path.to_owned(), reason: reason.to_string() }
}

fn read_key(path: &Path) -> Result<PrivateKey, KeyringError> {
    let text = read_secret(path)?;
    PrivateKey::from_pem(&text).map_err(|source| KeyringError::Key { path: path.to_owned(), source })
}

fn read_chain(path: &Path) -> Result<Vec<Certificate>, KeyringError> {
    certificate::read(&read(path)?).map_err(bad_certificate(path))
}

fn bad_certificate(path: &Path) -> impl FnOnce(CertificateError) -> KeyringError {
    let path = path.to_owned();
    move |source| KeyringError::Certificate { path, source }
}

fn read_states(folder: &Path) -> Result<States, KeyringError> {
    let path = folder.join(STATES);
    let states: States = serde_json::from_slice(&read(&path)?).map_err(|error| broken(&path, error))?;
    let is_name = |name: &str| {
        !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']) && name != "ca"
    };
    if states.version != 1 {
        return Err(broken(&path, "it was written by a newer release"));
    }
    if !states.keys.iter().all(|key| is_name(&key.name)) {
        return Err(broken(&path, "it names a key that cannot be a file beside it"));
    }
    if states.keys.iter().filter(|key| key.state == KeyState::Signing).count() != 1 {
        return Err(broken(&path, "exactly one key must be `signing`"));
    }
    Ok(states)
}

impl Keyring {
    /// Whether the folder holds keys already.
    ///
    /// # Errors
    /// [`KeyringError::File`] when that cannot be told.
    pub fn exists(folder: &Path) -> Result<bool, KeyringError> {
        let path = folder.join(STATES);
        path.try_exists().map_err(io(&path))
    }

    /// Makes what is missing: the folder, the CA, a signing key (or takes the one `.key` file that
    /// is there), its certificate, and last `keyring.json`. Interrupted half way, it goes on where
    /// it was. Only one may do this at a time.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn create(folder: &Path, now: Timestamp) -> Result<(), KeyringError> {
        private_folder(folder)?;
        ensure_ca(folder, now)?;
        let name = match operator_key(folder)? {
            Some(name) => name,
            None => {
                let [a, b, c, d] = crate::entropy::bytes().map_err(|error| broken(folder, error))?;
                let name = format!("signing-{a:02x}{b:02x}{c:02x}{d:02x}");
                let path = folder.join(format!("{name}.key"));
                let key = PrivateKey::generate()
                    .map_err(|source| KeyringError::Key { path: path.clone(), source })?;
                write(&path, key.to_pem().as_bytes(), 0o600)?;
                name
            }
        };
        let key = read_key(&folder.join(format!("{name}.key")))?;
        let chain = folder.join(format!("{name}.crt"));
        if !chain.try_exists().map_err(io(&chain))? {
            issue(folder, &chain, &key, now)?;
        }
        let keys = vec![KeyEntry { name, state: KeyState::Signing, created_at: now }];
        let path = folder.join(STATES);
        let text = serde_json::to_string_pretty(&States { version: 1, keys })
            .map_err(|error| broken(&path, error))?;
        write(&path, format!("{text}\n").as_bytes(), 0o600)
    }

    /// Issues the signing key's certificate anew when it is 60 days old or missing. `false` when
    /// there was nothing to do, the certificate is not ours, or the folder cannot be written.
    /// Only one may do this at a time.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn renew(folder: &Path, now: Timestamp) -> Result<bool, KeyringError> {
        let states = read_states(folder)?;
        let Some(entry) = states.keys.iter().find(|key| key.state == KeyState::Signing) else {
            return Ok(false);
        };
        let path = folder.join(format!("{}.crt", entry.name));
        if path.try_exists().map_err(io(&path))? {
            let chain = read_chain(&path)?;
            let ca = read_chain(&folder.join(CA_CERTIFICATE))?;
            let ours = chain.first().zip(ca.first()).is_some_and(|(leaf, ca)| leaf.issuer == ca.subject);
            let young =
                chain.first().is_some_and(|leaf| now < leaf.not_before.plus_seconds(RENEWAL_AGE + 86_400));
            if !ours || young {
                return Ok(false);
            }
        }
        if !folder.join(CA_KEY).exists() {
            return Ok(false);
        }
        let key = read_key(&folder.join(format!("{}.key", entry.name)))?;
        match issue(folder, &path, &key, now) {
            Ok(()) => Ok(true),
            Err(KeyringError::File { source, .. }) if is_read_only(&source) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Reads and checks the folder.
    ///
    /// # Errors
    /// [`KeyringError`], each saying what to do.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, KeyringError> {
        check_private(folder)?;
        let states = read_states(folder)?;
        let ca_path =
            fs::canonicalize(folder.join(CA_CERTIFICATE)).map_err(io(&folder.join(CA_CERTIFICATE)))?;
        for entry in fs::read_dir(folder).map_err(io(folder))? {
            let path = entry.map_err(io(folder))?.path();
            // Certificates and the README are public; all else is secret until proven otherwise.
            let public = path.extension().is_some_and(|extension| extension == "crt" || extension == "md");
            if !public && path.is_file() {
                check_private(&path)?;
            }
        }
        let ca = read_chain(&ca_path)?;
        let mut ends: Vec<_> = ca.iter().map(|ca| (ca_path.clone(), ca.not_after)).collect();
        let (mut signer, mut public, mut foreign) = (None, Vec::new(), None);
        for entry in &states.keys {
            let key_path = folder.join(format!("{}.key", entry.name));
            let key = read_key(&key_path)?;
            public.push(key.public().clone());
            if entry.state != KeyState::Signing {
                continue;
            }
            let path = folder.join(format!("{}.crt", entry.name));
            let chain = read_chain(&path)?;
            if let Some(leaf) = chain.first() {
                if leaf.spki != key.public().subject_public_key_info() {
                    return Err(broken(&path, "it is not the certificate of the key beside it"));
                }
                if leaf.not_after <= now {
                    return Err(KeyringError::Expired {
                        path,
                        end: leaf.not_after,
                        advice: "bring a new one, or remove it and let the server issue one (ca.key must be in the folder)",
                    });
                }
                if ca.first().is_none_or(|ca| ca.subject != leaf.issuer) {
                    foreign = Some(path.clone());
                }
                ends.push((path, leaf.not_after));
            }
            signer = Some(
                Signer::new(&key, &chain).map_err(|source| KeyringError::Key { path: key_path, source })?,
            );
        }
        let signer =
            signer.ok_or_else(|| broken(&folder.join(STATES), "exactly one key must be `signing`"))?;
        Ok(Self { signer, jwks: Jwks::of(&public), ca_path, ends, foreign })
    }

    /// The key that signs.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The published key set.
    #[must_use]
    pub fn jwks(&self) -> &Jwks {
        &self.jwks
    }

    /// The absolute path of the CA's certificate, for registries.
    #[must_use]
    pub fn ca_path(&self) -> &Path {
        &self.ca_path
    }

    /// What the operator should know: certificates that end within 30 days, and one that registries
    /// cannot verify with our CA. Files by name, without their folder.
    #[must_use]
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ending = self
            .ends
            .iter()
            .filter(|(_, end)| *end <= now.plus_seconds(WARN_SECONDS))
            .map(|(path, end)| format!("the certificate {} ends at {end}", name(path)));
        let foreign = self.foreign.iter().map(|path| {
            format!(
                "the certificate {} is not signed by ca.crt: give registries the root of its own chain as rootcertbundle",
                name(path)
            )
        });
        ending.chain(foreign).collect()
    }
}

fn is_read_only(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem)
}

/// Makes the CA, or completes one whose certificate is missing.
fn ensure_ca(folder: &Path, now: Timestamp) -> Result<(), KeyringError> {
    let (key_path, path) = (folder.join(CA_KEY), folder.join(CA_CERTIFICATE));
    if path.try_exists().map_err(io(&path))? {
        return Ok(());
    }
    let certificate = if key_path.try_exists().map_err(io(&key_path))? {
        let key = read_secret(&key_path)?;
        let text = std::str::from_utf8(&key).map_err(|error| broken(&key_path, error))?;
        certificate::ca_certificate_for(text, now).map_err(bad_certificate(&key_path))?
    } else {
        let (key, certificate) = certificate::new_ca(now).map_err(bad_certificate(&path))?;
        write(&key_path, key.as_bytes(), 0o600)?;
        certificate
    };
    write(&path, certificate.as_bytes(), 0o644)
}

/// Issues a leaf with the CA of the folder.
fn issue(folder: &Path, path: &Path, key: &PrivateKey, now: Timestamp) -> Result<(), KeyringError> {
    let key_path = folder.join(CA_KEY);
    let ca_key = read_secret(&key_path)?;
    let ca_key = std::str::from_utf8(&ca_key).map_err(|error| broken(&key_path, error))?;
    let ca = read(&folder.join(CA_CERTIFICATE))?;
    let ca = String::from_utf8_lossy(&ca);
    let leaf = certificate::issue_leaf(ca_key, &ca, key.public(), now).map_err(bad_certificate(path))?;
    write(path, leaf.as_bytes(), 0o644)
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

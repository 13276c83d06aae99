//! Reading the keys folder, as far as it can be used.

use super::certificate::{self, Certificate};
use super::error::{KeyringError, bad_certificate, broken};
use super::files::{certificate_file, check_private, fingerprint, io, key_file, read, read_secret};
use super::jwks::Jwks;
use super::key::{KeyError, PrivateKey, PublicKey};
use super::keyid::KeyId;
use super::keyring::{Ending, KeyDescription, Keyring};
use super::making::strays;
use super::provider::RingSigner;
use super::signer::{SignError, Signer};
use super::states::{KeyEntry, KeyState, STATES, States};
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

pub(super) const CA_KEY: &str = "ca.key";
pub(super) const CA_CERTIFICATE: &str = "ca.crt";

/// A key with everything that was read of it.
pub(super) struct Read {
    pub(super) about: KeyDescription,
    pub(super) public: PublicKey,
    pub(super) signer: Arc<RingSigner>,
    pub(super) chain: Vec<Certificate>,
}

/// A key that cannot be used, and why.
type Fault<'s> = (&'s KeyEntry, KeyringError);

/// The two headers that a key signs under.
pub(super) struct Signers {
    /// The key's name.
    pub(super) key: String,
    pub(super) libtrust: Signer,
    pub(super) thumbprint: Signer,
}

pub(super) fn read_key(path: &Path) -> Result<PrivateKey, KeyringError> {
    let text = read_secret(path)?;
    PrivateKey::from_pem(&text).map_err(|source| KeyringError::Key { path: path.to_owned(), source })
}

pub(super) fn read_chain(path: &Path) -> Result<Vec<Certificate>, KeyringError> {
    certificate::read(&read(path)?).map_err(bad_certificate(path))
}

impl Signers {
    fn new(key: &Read) -> Result<Self, SignError> {
        // Only the key of all services is verified by its certificate.
        let chain = key.about.service.is_none().then_some(key.chain.as_slice());
        let signer = |form| Signer::new(&key.signer, &key.public, form, chain);
        Ok(Self {
            key: key.about.name.clone(),
            libtrust: signer(KeyIdForm::Libtrust)?,
            thumbprint: signer(KeyIdForm::Thumbprint)?,
        })
    }
}

impl Read {
    fn open(
        folder: &Path,
        entry: &KeyEntry,
        ca: &[Certificate],
        now: Timestamp,
    ) -> Result<Self, KeyringError> {
        let key_path = key_file(folder, &entry.name);
        let path = certificate_file(folder, &entry.name);
        let key = read_key(&key_path)?;
        let public = key.public().clone();
        let unusable = || KeyringError::Key { path: key_path.clone(), source: KeyError::Unusable };
        let signer = RingSigner::new(key.pkcs8(), key.algorithm()).ok_or_else(unusable)?;
        let needs_certificate = entry.service.is_none() && entry.state == KeyState::Signing;
        let chain = if needs_certificate || path.exists() { read_chain(&path)? } else { Vec::new() };
        if let Some(leaf) = chain.first()
            && leaf.spki != public.subject_public_key_info()
        {
            return Err(broken(&path, "it is not the certificate of the key beside it"));
        }
        let end = chain.iter().map(|certificate| certificate.not_after).min();
        if let Some(end) = end.filter(|end| needs_certificate && *end <= now) {
            return Err(KeyringError::Expired {
                path,
                end,
                advice: "bring a new one, or remove it and let the server issue one (ca.key must be in the folder)",
            });
        }
        let is_ours = certificate::names_issuer(&chain, ca);
        let about = KeyDescription {
            name: entry.name.clone(),
            state: entry.state,
            service: entry.service.clone(),
            algorithm: public.algorithm(),
            libtrust: KeyId::of(&public, KeyIdForm::Libtrust),
            thumbprint: KeyId::of(&public, KeyIdForm::Thumbprint),
            created_at: entry.created_at,
            retired_at: entry.retired_at,
            certificate_ends_at: end,
            is_ours,
        };
        Ok(Self { about, public, signer: Arc::new(signer), chain })
    }
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

    /// Refuses a folder in which others can read anything that might be secret.
    ///
    /// # Errors
    /// [`KeyringError::Exposed`].
    pub fn check_modes(folder: &Path) -> Result<(), KeyringError> {
        for entry in fs::read_dir(folder).map_err(io(folder))? {
            let path = entry.map_err(io(folder))?.path();
            // Certificates, also such as are being written, and the README are public; all else is secret until
            // proven otherwise.
            let name = path.to_string_lossy();
            let public = [".crt", ".crt.new", ".md"].iter().any(|ending| name.ends_with(ending));
            if !public && path.is_file() {
                check_private(&path)?;
            }
        }
        Ok(())
    }

    /// Reads the folder. A key that cannot be used is left out with a warning, unless it is the one that signs
    /// for all services.
    ///
    /// # Errors
    /// [`KeyringError`], each saying what to do.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, KeyringError> {
        check_private(folder)?;
        // Taken first: what changes while the files are read is seen at the next look.
        let fingerprint = fingerprint(folder)?;
        let states = States::read(folder)?;
        let (mut keyring, faults) = Self::read(folder, &states, now)?;
        keyring.fingerprint = fingerprint;
        keyring.has_strays = !strays(folder, &states)?.is_empty();
        for (entry, error) in faults {
            if entry.state == KeyState::Signing && entry.service.is_none() {
                return Err(error);
            }
            keyring.faults.push(format!("the key {} is left out: {}", entry.name, plain(&error)));
        }
        Ok(keyring)
    }

    /// Whether every key can be used that signs when the keys are in these states.
    pub(super) fn check(folder: &Path, states: &States, now: Timestamp) -> Result<(), KeyringError> {
        let (_, faults) = Self::read(folder, states, now)?;
        match faults.into_iter().find(|(entry, _)| entry.state == KeyState::Signing) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    fn read<'s>(
        folder: &Path,
        states: &'s States,
        now: Timestamp,
    ) -> Result<(Self, Vec<Fault<'s>>), KeyringError> {
        let ca_path =
            fs::canonicalize(folder.join(CA_CERTIFICATE)).map_err(io(&folder.join(CA_CERTIFICATE)))?;
        let ca_text = read(&ca_path)?;
        let ca = certificate::read(&ca_text).map_err(bad_certificate(&ca_path))?;
        let mut endings: Vec<_> = ca.iter().map(|ca| ending(CA_CERTIFICATE, "ca", ca.not_after)).collect();
        let (mut keys, mut signers, mut faults) = (Vec::new(), BTreeMap::new(), Vec::new());
        for entry in &states.keys {
            let key = match Read::open(folder, entry, &ca, now) {
                Ok(key) => Arc::new(key),
                Err(error) => {
                    faults.push((entry, error));
                    continue;
                }
            };
            if entry.state == KeyState::Signing {
                let made =
                    Signers::new(&key).map_err(|_| broken(folder, "a token header could not be made"))?;
                signers.insert(entry.service.clone(), Arc::new(made));
            }
            // No registry looks at the certificate of a key that it holds itself.
            let counts = entry.service.is_none() && entry.state != KeyState::Retired;
            if let Some(end) = key.about.certificate_ends_at.filter(|_| counts) {
                endings.push(ending(&format!("{}.crt", entry.name), entry.state.as_str(), end));
            }
            keys.push(key);
        }
        let everything =
            Jwks::of(keys.iter().map(|key| &key.public), &[KeyIdForm::Libtrust, KeyIdForm::Thumbprint]);
        let keyring = Self {
            keys,
            signers,
            everything,
            ca_path,
            ca: String::from_utf8_lossy(&ca_text).into_owned(),
            endings,
            fingerprint: 0,
            faults: Vec::new(),
            has_strays: false,
        };
        Ok((keyring, faults))
    }

    /// The same without what does not sign any more by `keyring.json` alone, for when the rest of the folder
    /// cannot be read: a key that was ended must not go on. `None` when nothing was ended.
    ///
    /// # Errors
    /// [`KeyringError`] when not even that can be read.
    pub fn without_ended(&self, folder: &Path) -> Result<Option<Self>, KeyringError> {
        let states = States::read(folder)?;
        let signs = |signers: &Signers| {
            states.keys.iter().any(|key| key.state == KeyState::Signing && key.name == signers.key)
        };
        if self.signers.values().all(|signers| signs(signers)) {
            return Ok(None);
        }
        let mut left = self.clone();
        left.signers.retain(|_, signers| signs(signers));
        Ok(Some(left))
    }
}

/// An error without the folder that it is in, which is nobody's business outside.
fn plain(error: &KeyringError) -> String {
    match error {
        KeyringError::File { .. } => "a file cannot be read".to_owned(),
        KeyringError::Exposed { .. } => "a file is open to others".to_owned(),
        KeyringError::Key { source, .. } => source.to_string(),
        KeyringError::Certificate { source, .. } => source.to_string(),
        KeyringError::Expired { end, .. } => format!("its certificate ended at {end}"),
        KeyringError::Broken { reason, .. } => reason.clone(),
        KeyringError::SeveralKeys(_) | KeyringError::Overtaken(_) | KeyringError::ReadOnly(..) => {
            "the folder cannot be used".to_owned()
        }
    }
}

fn ending(file: &str, role: &'static str, ends_at: Timestamp) -> Ending {
    Ending { file: file.to_owned(), role, ends_at }
}

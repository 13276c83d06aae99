//! Loads the keyring from the keys folder, without the keys that cannot be used.

use super::KeysFolder;
use super::files::{check_private, fingerprint, io, read};
use super::states::{KeyEntry, States};
use crate::domain::time::Timestamp;
use crate::domain::verifier::KeyIdForm;
use crate::token::certificate;
use crate::token::error::{KeysFolderError, bad_certificate, broken};
use crate::token::jwks::Jwks;
use crate::token::key::KeyError;
use crate::token::keyid::KeyId;
use crate::token::keyring::{Ending, Keyring};
use crate::token::loaded_key::{KeyDescription, KeyState, LoadedKey, Signers};
use crate::token::place_key::PlaceKey;
use crate::token::provider::RingSigner;
use crate::token::x509::Certificate;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

/// A key that cannot be used, and the reason.
type Fault<'s> = (&'s KeyEntry, KeysFolderError);

impl KeysFolder {
    /// Fails if other users can read or replace a file of the folder that may be secret.
    pub fn check_modes(&self) -> Result<(), KeysFolderError> {
        for entry in fs::read_dir(self.path()).map_err(io(self.path()))? {
            let path = entry.map_err(io(self.path()))?.path();
            // The README and certificates are public, even while they are being written. All other files count as
            // secret.
            let name = path.to_string_lossy();
            let public = [".crt", ".crt.new", ".md"].iter().any(|ending| name.ends_with(ending));
            if !public && path.is_file() {
                check_private(&path, self.guard)?;
            }
        }
        Ok(())
    }

    /// Loads the keyring. Leaves out each key that cannot be used, with a warning. Fails if that key is the signing
    /// key that services share, or if the folder, `keyring.json` or the CA's certificate cannot be used.
    pub fn load(&self, now: Timestamp) -> Result<Keyring, KeysFolderError> {
        check_private(self.path(), self.guard)?;
        // The fingerprint comes first, so the next check notices changes that happen while the files are read.
        let fingerprint = fingerprint(self.path())?;
        let states = States::read(self)?;
        let (mut keyring, faults) = self.load_states(&states, now)?;
        keyring.fingerprint = fingerprint;
        keyring.has_strays = !self.strays(&states)?.is_empty();
        for (entry, error) in faults {
            if entry.state == KeyState::Signing && entry.service.is_none() {
                return Err(error);
            }
            keyring.faults.push(format!("the key {} is left out: {}", entry.name, plain(&error)));
        }
        Ok(keyring)
    }

    /// Returns true if the folder has changed since the keyring was loaded.
    pub fn has_changed(&self, keyring: &Keyring) -> Result<bool, KeysFolderError> {
        Ok(fingerprint(self.path())? != keyring.fingerprint)
    }

    /// Returns the keyring without keys that `keyring.json` no longer lists as signing; `None` if there are
    /// no such keys. The caller needs this if the folder cannot be loaded: a retired or revoked key must stop
    /// signing.
    pub fn without_ended(&self, keyring: &Keyring) -> Result<Option<Keyring>, KeysFolderError> {
        let states = States::read(self)?;
        let signs =
            |name: &str| states.keys.iter().any(|key| key.state == KeyState::Signing && key.name == name);
        Ok(keyring.without_ended(signs))
    }

    /// Fails if a signing key could not be used in these states.
    pub(super) fn check_states(&self, states: &States, now: Timestamp) -> Result<(), KeysFolderError> {
        let (_, faults) = self.load_states(states, now)?;
        match faults.into_iter().find(|(entry, _)| entry.state == KeyState::Signing) {
            Some((_, error)) => Err(error),
            None => Ok(()),
        }
    }

    fn load_states<'s>(
        &self,
        states: &'s States,
        now: Timestamp,
    ) -> Result<(Keyring, Vec<Fault<'s>>), KeysFolderError> {
        let ca_path = self.ca_certificate_file();
        let ca_path = fs::canonicalize(&ca_path).map_err(io(&ca_path))?;
        let ca_text = read(&ca_path)?;
        let ca = certificate::read(&ca_text).map_err(bad_certificate(&ca_path))?;
        let mut endings: Vec<_> = ending("ca", "ca", &ca).into_iter().collect();
        let (mut keys, mut signers, mut faults) = (Vec::new(), BTreeMap::new(), Vec::new());
        for entry in &states.keys {
            let key = match self.load_key(entry, &ca, now) {
                Ok(key) => Arc::new(key),
                Err(error) => {
                    faults.push((entry, error));
                    continue;
                }
            };
            if entry.state == KeyState::Signing {
                let made = Signers::new(&key)
                    .map_err(|_| broken(self.path(), "a token header could not be made"))?;
                signers.insert(entry.service.clone(), Arc::new(made));
            }
            // Besides the CA, `endings` lists only the certificates of shared keys that are not retired. A registry
            // that has the certificate of a service's own key does not check when that certificate ends.
            let counts = entry.service.is_none() && entry.state != KeyState::Retired;
            if counts {
                endings.extend(ending(&entry.name, entry.state.as_str(), &key.chain));
            }
            keys.push(key);
        }
        let everything =
            Jwks::of(keys.iter().map(|key| &key.public), &[KeyIdForm::Libtrust, KeyIdForm::Thumbprint]);
        let keyring = Keyring {
            keys,
            signers,
            everything,
            ca_path,
            ca: String::from_utf8_lossy(&ca_text).into_owned(),
            ca_chain: ca,
            ca_made_anew_at: states.ca_made_anew_at,
            endings,
            fingerprint: 0,
            faults: Vec::new(),
            has_strays: false,
        };
        Ok((keyring, faults))
    }

    fn load_key(
        &self,
        entry: &KeyEntry,
        ca: &[Certificate],
        now: Timestamp,
    ) -> Result<LoadedKey, KeysFolderError> {
        let path = self.certificate_file(&entry.name);
        let key = self.read_key(&entry.name)?;
        let public = key.public().clone();
        let unusable =
            || KeysFolderError::Key { path: self.key_file(&entry.name), source: KeyError::Unusable };
        let signer = RingSigner::new(key.pkcs8(), key.algorithm()).ok_or_else(unusable)?;
        let places = PlaceKey::derived_from(key.pkcs8()).ok_or_else(unusable)?;
        let needs_certificate = entry.service.is_none() && entry.state == KeyState::Signing;
        let has_certificate = needs_certificate || path.exists();
        let chain = if has_certificate { self.read_chain(&entry.name)? } else { Vec::new() };
        if let Some(leaf) = chain.first()
            && leaf.spki != public.subject_public_key_info()
        {
            return Err(broken(&path, "it is not the certificate of the key beside it"));
        }
        let end = chain.iter().map(|certificate| certificate.not_after).min();
        if let Some(end) = end.filter(|end| needs_certificate && *end <= now) {
            return Err(KeysFolderError::Expired {
                path,
                end,
                advice: "bring a new one, or remove it and let the server issue one (ca.key must be in the folder)",
            });
        }
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
            is_ours: certificate::names_issuer(&chain, ca),
        };
        Ok(LoadedKey { about, public, signer: Arc::new(signer), chain, places })
    }

    /// Returns the files that an interrupted change left behind: keys that this server made but `keyring.json` does
    /// not list, and unfinished files.
    pub(super) fn strays(&self, states: &States) -> Result<Vec<String>, KeysFolderError> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.path()).map_err(io(self.path()))? {
            let Ok(file) = entry.map_err(io(self.path()))?.file_name().into_string() else {
                continue;
            };
            let stem = file.strip_suffix(".key").or_else(|| file.strip_suffix(".crt"));
            let unknown = |name: &str| {
                let random = name.strip_prefix("signing-").filter(|text| text.len() == 8);
                random.is_some_and(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
                    && !states.keys.iter().any(|key| key.name == name)
            };
            let unfinished =
                [".key.new", ".crt.new", ".json.new"].iter().any(|ending| file.ends_with(ending));
            if unfinished || stem.is_some_and(unknown) {
                found.push(file);
            }
        }
        Ok(found)
    }
}

/// Describes an error without paths. The text becomes a warning, and readers of warnings must not see the
/// path of the folder.
fn plain(error: &KeysFolderError) -> String {
    match error {
        KeysFolderError::File { .. } => "a file cannot be read".to_owned(),
        KeysFolderError::Exposed { .. } => "a file is open to others, or belongs to somebody else".to_owned(),
        KeysFolderError::Key { source, .. } => source.to_string(),
        KeysFolderError::Certificate { source, .. } => source.to_string(),
        KeysFolderError::Expired { end, .. } => format!("its certificate ended at {end}"),
        KeysFolderError::Broken { reason, .. } => reason.clone(),
        KeysFolderError::SeveralKeys(_) | KeysFolderError::Overtaken(_) | KeysFolderError::ReadOnly(..) => {
            "the folder cannot be used".to_owned()
        }
    }
}

/// Returns the time span in which all certificates of a file are valid; `None` if there are no certificates.
fn ending(name: &str, role: &'static str, chain: &[Certificate]) -> Option<Ending> {
    let begins_at = chain.iter().map(|certificate| certificate.not_before).max()?;
    let ends_at = chain.iter().map(|certificate| certificate.not_after).min()?;
    Some(Ending { file: format!("{name}.crt"), role, begins_at, ends_at })
}

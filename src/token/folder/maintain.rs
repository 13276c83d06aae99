//! Does the due work in the keys folder: makes missing keys, renews certificates, and removes retired keys.

use super::KeysFolder;
use super::files::{check_writable, io, lock, remove};
use super::material::leaf_use;
use super::states::{KeyEntry, States};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::token::certificate::{names_issuer, renewal};
use crate::token::error::KeysFolderError;
use crate::token::keyring::is_over;
use crate::token::loaded_key::KeyState;
use std::collections::BTreeSet;

/// The work that maintenance has done, or that is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Maintenance {
    /// The keys that became signing keys, each with its service; `None` for the key that services share.
    pub made: Vec<(Option<ServiceName>, String)>,
    /// The keys that got a new certificate.
    pub renewed: Vec<String>,
    /// The retired keys that were removed.
    pub forgotten: Vec<String>,
}

impl KeysFolder {
    /// Does the due work. Makes the next key, or a new key, sign for each service in `lacking` that has no
    /// signing key; `None` stands for the services that share a key. If the folder contains the key of the CA, issues
    /// missing certificates of shared keys, and renews those that are due. Removes
    /// retired keys that no valid token needs, and files of interrupted changes. Keeps all retired keys if
    /// `may_be_wrong`: the clock may be wrong.
    pub fn maintain(
        &self,
        lacking: &BTreeSet<Option<ServiceName>>,
        now: Timestamp,
        may_be_wrong: bool,
    ) -> Result<Maintenance, KeysFolderError> {
        let _turn = lock(self.path())?;
        let mut states = States::read(self)?;
        let mut done = self.due(&states, now)?;
        if may_be_wrong {
            done.forgotten.clear();
        }
        let lacks = |owner: &&Option<ServiceName>| states.find(owner.as_ref(), KeyState::Signing).is_none();
        let lacking: Vec<_> = lacking.iter().filter(lacks).collect();
        let strays = self.strays(&states)?;
        if done == Maintenance::default() && lacking.is_empty() && strays.is_empty() {
            return Ok(done);
        }
        check_writable(self.path())?;
        for name in &done.renewed {
            let key = self.read_key(name)?;
            self.issue(name, &key, leaf_use(None), now)?;
        }
        for stray in &strays {
            remove(&self.path().join(stray))?;
        }
        for owner in lacking {
            let name = self.promote_next(&mut states, owner.as_ref(), now)?;
            done.made.push((owner.clone(), name));
        }
        if !done.made.is_empty() || !done.forgotten.is_empty() {
            states.keys.retain(|key| !done.forgotten.contains(&key.name));
            states.write(self)?;
        }
        for name in &done.forgotten {
            self.remove_files(name)?;
        }
        Ok(done)
    }

    /// Returns the keys that need a new certificate, and the retired keys that must be removed.
    pub(super) fn due(&self, states: &States, now: Timestamp) -> Result<Maintenance, KeysFolderError> {
        let mut due = Maintenance::default();
        for key in &states.keys {
            if self.needs_certificate(key, now)? {
                due.renewed.push(key.name.clone());
            }
        }
        let gone = states.keys.iter().filter(|key| is_over(key.retired_at, now));
        due.forgotten = gone.map(|key| key.name.clone()).collect();
        Ok(due)
    }

    /// Returns true if the key needs a new certificate: it has none, or its certificate of our CA is due for renewal.
    /// Returns false for a service's own key, for a retired key, and if the folder does not contain the key of the CA.
    fn needs_certificate(&self, key: &KeyEntry, now: Timestamp) -> Result<bool, KeysFolderError> {
        if key.service.is_some() || key.state == KeyState::Retired || !self.ca_key_file().exists() {
            return Ok(false);
        }
        let path = self.certificate_file(&key.name);
        if !path.try_exists().map_err(io(&path))? {
            return Ok(true);
        }
        let (chain, ca) = (self.read_chain(&key.name)?, self.read_ca()?);
        let due = chain.first().zip(ca.first()).and_then(|(leaf, ca)| renewal(leaf, ca, now));
        Ok(names_issuer(&chain, &ca) && due.is_some_and(|due| due <= now))
    }
}

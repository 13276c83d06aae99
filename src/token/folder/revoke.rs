//! Ends the life of a key that was stolen.

use super::KeysFolder;
use super::material::leaf_use;
use super::states::States;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::token::certificate::is_from_here;
use crate::token::error::{KeyChangeError, KeysFolderError};
use crate::token::loaded_key::KeyState;
use std::collections::BTreeSet;

/// What a revocation left.
#[derive(Debug)]
pub struct Revoked {
    /// The state that the key was in.
    pub state: KeyState,
    /// The service that the key signed for alone.
    pub service: Option<ServiceName>,
    /// The key that signs in its place, if it signed.
    pub successor: Option<String>,
    /// Why no key signs in its place, where one should.
    pub no_successor: Option<KeysFolderError>,
    /// Until when a registry that trusts the CA verifies tokens of whoever has the key and its certificate.
    pub certificate_ends_at: Option<Timestamp>,
    /// Whether there is a new CA.
    pub replaced_ca: bool,
}

impl KeysFolder {
    /// Ends the life of a key at once, whatever its state: the key does not sign, is not published, and its
    /// files are removed. If the key signed for somebody (`needing` are the services that need a key of their
    /// own), the next key or a new one takes its place; if none can be made, no key signs. With `with_ca` also
    /// makes a new CA, and with it new certificates of all keys that the CA certified.
    pub fn revoke(
        &self,
        name: &str,
        with_ca: bool,
        needing: &BTreeSet<ServiceName>,
        now: Timestamp,
    ) -> Result<Revoked, KeyChangeError> {
        let (_turn, mut states) = self.begin_change()?;
        let key = states.entry(name)?;
        let (state, service) = (key.state, key.service.clone());
        let certificate_ends_at = match with_ca {
            true => None,
            false => self.trusted_until(name).filter(|end| service.is_none() && *end > now),
        };
        if with_ca {
            self.certify_anew(&states, name, now)?;
            states.ca_made_anew_at = Some(now);
        }
        let is_needed = service.as_ref().is_none_or(|service| needing.contains(service));
        let (mut successor, mut no_successor) = (None, None);
        if state == KeyState::Signing && is_needed {
            match self.promote_next(&mut states, service.as_ref(), now) {
                Ok(key) => successor = Some(key),
                // No tokens are better than tokens of a thief.
                Err(error) => no_successor = Some(error),
            }
        }
        states.keys.retain(|key| key.name != name);
        states.write(self)?;
        self.remove_files(name)?;
        Ok(Revoked { state, service, successor, no_successor, certificate_ends_at, replaced_ca: with_ca })
    }

    /// Until when registries that trust our CA verify what the key signs. The certificate may be broken.
    fn trusted_until(&self, name: &str) -> Option<Timestamp> {
        let ours = self.is_ours(name).unwrap_or(false);
        let chain = ours.then(|| self.read_chain(name).ok())??;
        chain.first().map(|leaf| leaf.not_after)
    }

    /// Makes a new CA, and new certificates of all keys but `without` that this CA, or an earlier one, certified.
    fn certify_anew(&self, states: &States, without: &str, now: Timestamp) -> Result<(), KeysFolderError> {
        let mut ours = Vec::new();
        for key in states.keys.iter().filter(|key| key.name != without) {
            // A certificate of an earlier CA: an earlier run of this was interrupted.
            let is_of_earlier_ca = || {
                let chain = self.read_chain(&key.name);
                chain.map(|chain| chain.first().is_some_and(is_from_here))
            };
            if self.is_ours(&key.name)? || is_of_earlier_ca()? {
                ours.push(key);
            }
        }
        self.replace_ca(now)?;
        for entry in ours {
            let key = self.read_key(&entry.name)?;
            self.issue(&entry.name, &key, leaf_use(entry.service.as_ref()), now)?;
        }
        Ok(())
    }
}

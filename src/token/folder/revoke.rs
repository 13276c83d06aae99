//! Removes a key that was stolen.

use super::KeysFolder;
use super::material::leaf_use;
use super::states::States;
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::token::certificate::is_from_here;
use crate::token::error::{KeyChangeError, KeysFolderError};
use crate::token::loaded_key::KeyState;
use std::collections::BTreeSet;

/// The result of a revocation.
#[derive(Debug)]
pub struct Revoked {
    /// The state that the key was in.
    pub state: KeyState,
    /// The service that the key signed for alone; `None` for the shared key.
    pub service: Option<ServiceName>,
    /// The key that replaced the revoked key; `None` if no key did.
    pub successor: Option<String>,
    /// The reason why no key replaced the revoked key, although its service needs one.
    pub no_successor: Option<KeysFolderError>,
    /// The time until which registries that trust the CA accept tokens that a thief signs with the key;
    /// `None` if they accept no such tokens, or if the certificate is broken.
    pub certificate_ends_at: Option<Timestamp>,
    /// True if a new CA was made.
    pub replaced_ca: bool,
}

impl KeysFolder {
    /// Removes a key at once, in any state: it no longer signs, is no longer published, and its files are deleted. If
    /// the key signed and is still needed, the next key or a new key replaces it. The key that services share is always
    /// needed. The key of one service is needed if `needing` contains that service. If no key can be made, no key
    /// signs. With `with_ca`, also makes a new CA, and new certificates for all keys that the old CA certified.
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
                // The key may be stolen, so it must not stay even if no key signs then.
                Err(error) => no_successor = Some(error),
            }
        }
        states.keys.retain(|key| key.name != name);
        states.write(self)?;
        self.remove_files(name)?;
        Ok(Revoked { state, service, successor, no_successor, certificate_ends_at, replaced_ca: with_ca })
    }

    /// Returns the time until which registries that trust our CA accept tokens signed by the key. Returns `None` if
    /// our CA did not sign the certificate, or if the certificate is broken.
    fn trusted_until(&self, name: &str) -> Option<Timestamp> {
        let ours = self.is_ours(name).unwrap_or(false);
        let chain = ours.then(|| self.read_chain(name).ok())??;
        chain.first().map(|leaf| leaf.not_after)
    }

    /// Makes a new CA. Issues new certificates for the keys that the present CA or an earlier CA certified, and for
    /// keys without a certificate. Leaves out the key `without`.
    fn certify_anew(&self, states: &States, without: &str, now: Timestamp) -> Result<(), KeysFolderError> {
        let mut ours = Vec::new();
        for key in states.keys.iter().filter(|key| key.name != without) {
            // An interrupted run may have left a certificate of an earlier CA.
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

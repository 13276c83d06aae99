//! The end of a key that was stolen.

use super::certificate::Certificate;
use super::change::{find, is_ours, promote_next, remove_files};
use super::error::{KeyChangeError, KeyringError};
use super::files::{certificate_file, key_file, lock};
use super::keyring::Keyring;
use super::making::{check_writable, issue, leaf_use, replace_ca};
use super::opening::{read_chain, read_key};
use super::states::{KeyState, States};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;

/// What a revocation left.
#[derive(Debug)]
pub struct Revoked {
    /// The state that the key was in.
    pub state: KeyState,
    /// The service that it signed for alone.
    pub service: Option<ServiceName>,
    /// The key that signs in its place, where it signed.
    pub successor: Option<String>,
    /// Why no key signs in its place, where one should.
    pub no_successor: Option<KeyringError>,
    /// Until when a registry that trusts the CA verifies tokens of whoever has the key and its certificate.
    pub certificate_ends_at: Option<Timestamp>,
    /// Whether there is a new CA.
    pub replaced_ca: bool,
}

impl Keyring {
    /// Ends the life of a key at once, whatever its state: it does not sign, is not published, and its
    /// files are removed. Where it signed for somebody (`needing` are the services that need a key of their
    /// own), the next key or a new one does; if none can be made, none signs. With `with_ca` the CA is made
    /// anew as well, and with it the certificates of all keys that it certified.
    pub fn revoke(
        folder: &Path,
        name: &str,
        with_ca: bool,
        needing: &BTreeSet<ServiceName>,
        now: Timestamp,
    ) -> Result<Revoked, KeyChangeError> {
        let _turn = lock(folder)?;
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let key = find(&states, name)?;
        let (state, service) = (key.state, key.service.clone());
        let certificate_ends_at = match with_ca {
            true => None,
            false => trusted_until(folder, name).filter(|end| service.is_none() && *end > now),
        };
        if with_ca {
            certify_anew(folder, &states, name, now)?;
        }
        let is_needed = service.as_ref().is_none_or(|service| needing.contains(service));
        let (mut successor, mut no_successor) = (None, None);
        if state == KeyState::Signing && is_needed {
            match promote_next(folder, &mut states, service.as_ref(), now) {
                Ok(key) => successor = Some(key),
                // No tokens are better than those of a thief.
                Err(error) => no_successor = Some(error),
            }
        }
        states.keys.retain(|key| key.name != name);
        states.write(folder)?;
        remove_files(folder, name)?;
        Ok(Revoked { state, service, successor, no_successor, certificate_ends_at, replaced_ca: with_ca })
    }
}

/// Until when registries that trust our CA verify what the key signs. A certificate may be broken.
fn trusted_until(folder: &Path, name: &str) -> Option<Timestamp> {
    let ours = is_ours(folder, name).unwrap_or(false);
    let chain = ours.then(|| read_chain(&certificate_file(folder, name)).ok())??;
    chain.first().map(|leaf| leaf.not_after)
}

/// Makes the CA anew, and the certificates of all keys but this one that it, or one before it, certified.
fn certify_anew(folder: &Path, states: &States, without: &str, now: Timestamp) -> Result<(), KeyChangeError> {
    let mut ours = Vec::new();
    for key in states.keys.iter().filter(|key| key.name != without) {
        let path = certificate_file(folder, &key.name);
        // Also what is of an older CA, because this was cut off before.
        let is_from_here =
            || read_chain(&path).map(|chain| chain.first().is_some_and(Certificate::is_from_here));
        if is_ours(folder, &key.name)? || is_from_here()? {
            ours.push(key);
        }
    }
    replace_ca(folder, now)?;
    for entry in ours {
        let key = read_key(&key_file(folder, &entry.name))?;
        let path = certificate_file(folder, &entry.name);
        issue(folder, &path, &key, leaf_use(entry.service.as_ref()), now)?;
    }
    Ok(())
}

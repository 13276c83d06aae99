//! Makes another key sign, and retires the key that signed before.

use super::KeysFolder;
use super::states::{KeyEntry, States};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::token::error::{KeyChangeError, KeysFolderError, refused};
use crate::token::key::MADE_ALGORITHM;
use crate::token::loaded_key::KeyState;

/// The result of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The new key signs now.
    Signs {
        /// The name of the key that signs.
        key: String,
        /// The name of the key that signed before and is retired now; `None` if no key signed before.
        retired: Option<String>,
    },
    /// The new key is published and waits until the registry has it.
    Waits {
        /// The name of the waiting key.
        key: String,
        /// True if an earlier call published the key.
        was_there: bool,
    },
}

impl KeysFolder {
    /// Makes another key sign. The key signs at once if registries trust it through our CA. Otherwise a registry
    /// must be given the key first. In that case the first call publishes the key, and a second call with
    /// `confirmed` makes it sign. `services` are the services for which the key signs. Fails if
    /// a registry of these services does not verify the key's algorithm.
    pub fn rotate(
        &self,
        service: Option<&ServiceName>,
        confirmed: bool,
        services: &[Service],
        now: Timestamp,
    ) -> Result<Rotated, KeyChangeError> {
        let (_turn, mut states) = self.begin_change()?;
        let next = states.find(service, KeyState::Next).map(|key| key.name.clone());
        let retired = states.find(service, KeyState::Signing).map(|key| key.name.clone());
        // If another CA signed a certificate, the registries must first get the root of that CA.
        let is_foreign = |name: &Option<String>| match name {
            Some(name) => self.is_ours(name).map(|ours| !ours),
            None => Ok(false),
        };
        let must_wait = service.is_some() || is_foreign(&next)? || is_foreign(&retired)?;
        let algorithm = match &next {
            Some(name) => self.read_key(name)?.public().algorithm(),
            None => MADE_ALGORITHM,
        };
        check_algorithm(algorithm, services)?;
        if let Some(name) = &next {
            self.check_begun(name, now)?;
        }
        let (key, is_new) = match next {
            Some(key) if must_wait && !confirmed => return Ok(Rotated::Waits { key, was_there: true }),
            Some(key) => (key, false),
            None if confirmed && must_wait => {
                return Err(refused(
                    "no key waits to sign: run the command without --confirm first, which publishes a key",
                ));
            }
            None => {
                let key = self.make_next(&mut states, service, now)?;
                if must_wait {
                    self.check_rotation(&states, Some(&key), now)?;
                    states.write(self)?;
                    return Ok(Rotated::Waits { key, was_there: false });
                }
                (key, true)
            }
        };
        states.promote(&key, now);
        self.check_rotation(&states, is_new.then_some(&key), now)?;
        states.write(self)?;
        Ok(Rotated::Signs { key, retired })
    }

    /// Fails if the certificate of a key has not begun, because registries would refuse it. Does not check our own
    /// certificates: they begin at the same time as the CA, so another key would not help.
    fn check_begun(&self, name: &str, now: Timestamp) -> Result<(), KeyChangeError> {
        if self.is_ours(name)? {
            return Ok(());
        }
        let begin = self.read_chain(name)?.iter().map(|certificate| certificate.not_before).max();
        match begin.filter(|begin| *begin > now) {
            Some(begin) => Err(refused(format!(
                "a certificate of `{name}` begins only at {begin}: rotate to it then, or look at the clock of this machine"
            ))),
            None => Ok(()),
        }
    }

    /// Makes the next key of a service sign; `None` stands for the key that services share. Makes a key if the operator
    /// has not added one in advance.
    pub(super) fn promote_next(
        &self,
        states: &mut States,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<String, KeysFolderError> {
        let next = states.find(service, KeyState::Next).map(|key| key.name.clone());
        let name = match next {
            Some(name) => name,
            None => self.make_next(states, service, now)?,
        };
        states.promote(&name, now);
        Ok(name)
    }

    /// Makes a key and lists it as the next key. The caller must write the list.
    fn make_next(
        &self,
        states: &mut States,
        service: Option<&ServiceName>,
        now: Timestamp,
    ) -> Result<String, KeysFolderError> {
        let name = self.make_key(service, now)?;
        states.keys.push(KeyEntry::new(name.clone(), KeyState::Next, service.cloned(), now));
        Ok(name)
    }

    /// Fails if servers could not use a signing key in these states. If so, deletes the files of the new key
    /// `made`.
    fn check_rotation(
        &self,
        states: &States,
        made: Option<&String>,
        now: Timestamp,
    ) -> Result<(), KeysFolderError> {
        let checked = self.check_states(states, now);
        if let (Err(_), Some(name)) = (&checked, made) {
            self.remove_files(name)?;
        }
        checked
    }
}

/// Fails if the registry of one of these services does not verify the algorithm.
pub(super) fn check_algorithm(algorithm: &'static str, services: &[Service]) -> Result<(), KeyChangeError> {
    match services.iter().find(|service| !service.verifier.algorithms().contains(&algorithm)) {
        Some(service) => Err(refused(format!(
            "the registry of `{}` ({}) does not verify {algorithm}, only {}",
            service.name,
            service.verifier.profile(),
            service.verifier.algorithms().join(", ")
        ))),
        None => Ok(()),
    }
}

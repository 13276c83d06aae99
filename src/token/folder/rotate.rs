//! Makes another key sign, and retires the key that did.

use super::KeysFolder;
use super::states::{KeyEntry, States};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use crate::token::error::{KeyChangeError, KeysFolderError, refused};
use crate::token::key::MADE_ALGORITHM;
use crate::token::loaded_key::KeyState;

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The key signs now.
    Signs {
        /// The key that signs.
        key: String,
        /// The key that signed before, now retired.
        retired: Option<String>,
    },
    /// The key is published and waits until the registry knows it.
    Waits {
        /// The key.
        key: String,
        /// Whether an earlier call published it.
        was_there: bool,
    },
}

impl KeysFolder {
    /// Makes another key sign. Where registries trust the CA, the key signs at once. Where a registry must be
    /// given the key, or a certificate is not ours, the first call publishes the key, and a second call with
    /// `confirmed` makes it sign. `services` are those that the key will sign for.
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
        // Registries must hold the root of its certificate, which may not be our CA.
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
                    "no key waits to sign: run it without --confirm first, which publishes one",
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

    /// Fails if registries would refuse the certificate of a key, because it has not begun. One of ours begins with
    /// the CA, which another key does not improve.
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

    /// Makes the next key of a service, or of all others, sign. If the operator added a key in advance, promotes
    /// it instead of making one.
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

    /// Makes a key and lists it as next; the list is not written yet.
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

    /// Fails if servers could not use these states, and then removes the files of the key made for them.
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

/// Fails if a registry of these services does not verify the algorithm.
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

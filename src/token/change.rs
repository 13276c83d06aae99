//! The life of keys: next, signing, retired, gone; and gone at once, when one was stolen.
//!
//! Each change is one new `keyring.json`: files of new keys are there before it, files of keys that are
//! gone are removed after it. Only one may do this at a time among all who share the folder; whoever
//! calls holds the lease.

use super::certificate::names_issuer;
use super::error::{KeyChangeError, KeyringError, refused};
use super::files::{certificate_file, key_file, lock, remove};
use super::key::{MADE_ALGORITHM, PublicKey};
use super::keyring::Keyring;
use super::making::{check_writable, entry, is_due, issue, leaf_use, make, strays};
use super::opening::{CA_CERTIFICATE, read_chain, read_key};
use super::states::{KeyEntry, KeyState, States};
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::Timestamp;
use std::collections::BTreeSet;
use std::path::Path;

/// How long a retired key stays published, seconds: the longest life of a token (an hour, and the minute
/// that it outlives what clients are told), a minute that registries allow for clocks, and a minute in
/// which a replica that stood still may have signed with it.
// SPEC: `token_ttl` is at most 3600 (api.md); claims.rs adds the minute.
pub const PUBLISHED_AFTER: i64 = 3600 + 60 + 60 + 60;

/// Whether no token of a key that was retired then can live.
pub(super) fn is_over(retired_at: Option<Timestamp>, now: Timestamp) -> bool {
    retired_at.is_some_and(|at| at.plus_seconds(PUBLISHED_AFTER) <= now)
}

/// What was done without being asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tended {
    /// Keys that sign for whoever had none: a service that needs its own, or all the others.
    pub made: Vec<(Option<ServiceName>, String)>,
    /// Keys whose certificate was issued anew.
    pub renewed: Vec<String>,
    /// Retired keys that are gone.
    pub forgotten: Vec<String>,
}

/// What became of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// This key signs now, and that one is retired.
    Signs {
        /// The key that signs.
        key: String,
        /// The key that did.
        retired: Option<String>,
    },
    /// This key is published and waits until the registry knows it.
    Waits {
        /// The key.
        key: String,
        /// Whether it was there before.
        was_there: bool,
    },
}

impl Keyring {
    /// What is due and was not asked for: keys for whoever has none that signs (`lacking`), certificates that
    /// are 60 days old, retired keys that no living token needs, files of changes that were cut off.
    pub fn tend(
        folder: &Path,
        lacking: &BTreeSet<Option<ServiceName>>,
        now: Timestamp,
    ) -> Result<Tended, KeyringError> {
        let _turn = lock(folder)?;
        let mut states = States::read(folder)?;
        let mut done = Tended::default();
        let is_gone = |key: &KeyEntry| is_over(key.retired_at, now);
        for key in &states.keys {
            if is_due(folder, key, now)? {
                done.renewed.push(key.name.clone());
            }
        }
        let lacks = |owner: &&Option<ServiceName>| states.find(owner.as_ref(), KeyState::Signing).is_none();
        let lacking: Vec<_> = lacking.iter().filter(lacks).collect();
        let strays = strays(folder, &states)?;
        done.forgotten = states.keys.iter().filter(|key| is_gone(key)).map(|key| key.name.clone()).collect();
        if done == Tended::default() && lacking.is_empty() && strays.is_empty() {
            return Ok(done);
        }
        check_writable(folder)?;
        for name in &done.renewed {
            let key = read_key(&key_file(folder, name))?;
            issue(folder, &certificate_file(folder, name), &key, leaf_use(None), now)?;
        }
        for stray in &strays {
            remove(&folder.join(stray))?;
        }
        for owner in lacking {
            // Whoever brought one ahead of its first use has it used.
            let name = promote_next(folder, &mut states, owner.as_ref(), now)?;
            done.made.push((owner.clone(), name));
        }
        if !done.made.is_empty() || !done.forgotten.is_empty() {
            states.keys.retain(|key| !is_gone(key));
            states.write(folder)?;
        }
        for name in &done.forgotten {
            remove_files(folder, name)?;
        }
        Ok(done)
    }

    /// Makes another key sign: for registries that hold the CA at once; where registries have to be told
    /// of a key, or a certificate is not ours, the first call publishes it and a second one with
    /// `confirmed` lets it sign. `services` are those that it will sign for.
    pub fn rotate(
        folder: &Path,
        service: Option<&ServiceName>,
        confirmed: bool,
        services: &[Service],
        now: Timestamp,
    ) -> Result<Rotated, KeyChangeError> {
        let _turn = lock(folder)?;
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let next = states.find(service, KeyState::Next).map(|key| key.name.clone());
        let retired = states.find(service, KeyState::Signing).map(|key| key.name.clone());
        // Registries must hold the root of its certificate, and may hold another.
        let is_foreign = |name: &Option<String>| match name {
            Some(name) => is_ours(folder, name).map(|ours| !ours),
            None => Ok(false),
        };
        let must_wait = service.is_some() || is_foreign(&next)? || is_foreign(&retired)?;
        let algorithm = match &next {
            Some(name) => read_key(&key_file(folder, name))?.public().algorithm(),
            None => MADE_ALGORITHM,
        };
        check_algorithm(algorithm, services)?;
        let (key, is_new) = match next {
            Some(key) if must_wait && !confirmed => return Ok(Rotated::Waits { key, was_there: true }),
            Some(key) => (key, false),
            None if confirmed && must_wait => {
                return Err(refused(
                    "no key waits to sign: run it without --confirm first, which publishes one",
                ));
            }
            None => {
                let key = make(folder, service, now)?;
                states.keys.push(entry(key.clone(), KeyState::Next, service.cloned(), now));
                if must_wait {
                    check_states(folder, &states, Some(&key), now)?;
                    states.write(folder)?;
                    return Ok(Rotated::Waits { key, was_there: false });
                }
                (key, true)
            }
        };
        states.promote(&key, now);
        check_states(folder, &states, is_new.then_some(&key), now)?;
        states.write(folder)?;
        Ok(Rotated::Signs { key, retired })
    }

    /// Ends the life of a key that does not sign: a next one is taken back, a retired one is no longer
    /// published. A key may also go that signs for a service which needs none of its own any more
    /// (`needing` are those that do). Returns the state that it was in.
    pub fn retire(
        folder: &Path,
        name: &str,
        needing: &BTreeSet<ServiceName>,
    ) -> Result<KeyState, KeyChangeError> {
        let _turn = lock(folder)?;
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let key = find(&states, name)?;
        let (state, service) = (key.state, key.service.clone());
        if state == KeyState::Signing {
            match service {
                None => {
                    return Err(refused(format!(
                        "`{name}` signs: `portreeve keys rotate` makes another key sign and retires it"
                    )));
                }
                Some(service) if needing.contains(&service) => {
                    return Err(refused(format!(
                        "`{name}` signs for `{service}`: run `portreeve keys rotate --service {service}` first"
                    )));
                }
                Some(_) => {}
            }
        }
        states.keys.retain(|key| key.name != name);
        states.write(folder)?;
        remove_files(folder, name)?;
        Ok(state)
    }
}

/// Makes the next key of a service, or of all the others, sign: a new one where none was next.
pub(super) fn promote_next(
    folder: &Path,
    states: &mut States,
    service: Option<&ServiceName>,
    now: Timestamp,
) -> Result<String, KeyringError> {
    let next = states.find(service, KeyState::Next).map(|key| key.name.clone());
    let name = match next {
        Some(name) => name,
        None => {
            let name = make(folder, service, now)?;
            states.keys.push(entry(name.clone(), KeyState::Next, service.cloned(), now));
            name
        }
    };
    states.promote(&name, now);
    Ok(name)
}

pub(super) fn find<'s>(states: &'s States, name: &str) -> Result<&'s KeyEntry, KeyChangeError> {
    states.keys.iter().find(|key| key.name == name).ok_or_else(|| KeyChangeError::Unknown(name.to_owned()))
}

/// Whether our CA signed the certificate of a key, or would: there is none yet.
pub(super) fn is_ours(folder: &Path, name: &str) -> Result<bool, KeyringError> {
    let path = certificate_file(folder, name);
    if !path.exists() {
        return Ok(true);
    }
    let (chain, ca) = (read_chain(&path)?, read_chain(&folder.join(CA_CERTIFICATE))?);
    Ok(names_issuer(&chain, &ca))
}

/// Refuses states that servers could not take over, and removes the files of the key that was made for them.
fn check_states(
    folder: &Path,
    states: &States,
    made: Option<&String>,
    now: Timestamp,
) -> Result<(), KeyringError> {
    let checked = Keyring::check(folder, states, now);
    if let (Err(_), Some(name)) = (&checked, made) {
        remove_files(folder, name)?;
    }
    checked
}

pub(super) fn remove_files(folder: &Path, name: &str) -> Result<(), KeyringError> {
    remove(&key_file(folder, name))?;
    remove(&certificate_file(folder, name))
}

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

/// The name of the key that is this one already. A key that cannot be read is none.
pub(super) fn find_public<'s>(folder: &Path, states: &'s States, public: &PublicKey) -> Option<&'s str> {
    let is_this =
        |key: &&KeyEntry| read_key(&key_file(folder, &key.name)).is_ok_and(|read| read.public() == public);
    states.keys.iter().find(is_this).map(|key| key.name.as_str())
}

//! The life of keys: next, signing, retired, gone; and gone at once, when one was stolen.
//!
//! Each change is one new `keyring.json`: files of new keys are there before it, files of keys that are
//! gone are removed after it. Only one may do this at a time among all who share the folder; whoever
//! calls holds the lease.

use super::certificate::{self, Certificate};
use super::error::{KeyChangeError, KeyringError, broken, refused};
use super::files::{remove, write};
use super::key::PrivateKey;
use super::keyring::{CA_CERTIFICATE, Keyring, read_chain, read_key};
use super::making::{check_writable, entry, is_due, issue, leaf_use, make, replace_ca};
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

/// What was done without being asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tended {
    /// Keys made for services that need their own.
    pub made: Vec<(ServiceName, String)>,
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

/// A key that the operator brings.
pub struct BroughtKey<'a> {
    /// What its files will be called.
    pub name: String,
    /// PEM.
    pub key: &'a [u8],
    /// PEM, the leaf first; our CA issues a certificate when there is none.
    pub chain: Option<&'a [u8]>,
    /// The service that it signs for alone.
    pub service: Option<ServiceName>,
}

/// What a revocation left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The state that the key was in.
    pub state: KeyState,
    /// The service that it signed for alone.
    pub service: Option<ServiceName>,
    /// The key that signs in its place, where it signed.
    pub successor: Option<String>,
    /// Until when a registry that trusts the CA verifies tokens of whoever has the key and its certificate.
    pub certificate_ends_at: Option<Timestamp>,
    /// Whether there is a new CA.
    pub replaced_ca: bool,
}

impl Keyring {
    /// What is due and was not asked for: keys for services that need one of their own (`lacking`),
    /// certificates that are 60 days old, retired keys that no living token needs. Nothing in a folder
    /// that nobody is meant to write, unless a key is lacking.
    ///
    /// # Errors
    /// [`KeyringError`].
    pub fn tend(
        folder: &Path,
        lacking: &BTreeSet<ServiceName>,
        now: Timestamp,
    ) -> Result<Tended, KeyringError> {
        let mut states = States::read(folder)?;
        let mut done = Tended::default();
        let is_gone =
            |key: &KeyEntry| key.retired_at.is_some_and(|at| at.plus_seconds(PUBLISHED_AFTER) <= now);
        for key in &states.keys {
            if is_due(folder, key, now)? {
                done.renewed.push(key.name.clone());
            }
        }
        let lacking: Vec<_> =
            lacking.iter().filter(|name| states.find(Some(name), KeyState::Signing).is_none()).collect();
        done.forgotten = states.keys.iter().filter(|key| is_gone(key)).map(|key| key.name.clone()).collect();
        if done == Tended::default() && lacking.is_empty() {
            return Ok(done);
        }
        check_writable(folder)?;
        for name in &done.renewed {
            let key = read_key(&folder.join(format!("{name}.key")))?;
            issue(folder, &folder.join(format!("{name}.crt")), &key, leaf_use(None), now)?;
        }
        for service in lacking {
            // Whoever brought one ahead of its first use has it used.
            let next = states.find(Some(service), KeyState::Next).map(|key| key.name.clone());
            let name = match next {
                Some(name) => name,
                None => {
                    let name = make(folder, Some(service), now)?;
                    states.keys.push(entry(name.clone(), KeyState::Next, Some(service.clone()), now));
                    name
                }
            };
            states.promote(&name, now);
            done.made.push((service.clone(), name));
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
    /// of a key, or its certificate is not ours, the first call publishes it and a second one with
    /// `confirmed` lets it sign. `services` are those that it will sign for.
    ///
    /// # Errors
    /// [`KeyChangeError`].
    pub fn rotate(
        folder: &Path,
        service: Option<&ServiceName>,
        confirmed: bool,
        services: &[Service],
        now: Timestamp,
    ) -> Result<Rotated, KeyChangeError> {
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let next = states.find(service, KeyState::Next).map(|key| key.name.clone());
        let retired = states.find(service, KeyState::Signing).map(|key| key.name.clone());
        let must_wait = match &next {
            Some(name) => service.is_some() || !is_ours(folder, name)?,
            None => service.is_some(),
        };
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
        let about = read_key(&folder.join(format!("{key}.key")))?;
        check_algorithm(about.public().algorithm(), services)?;
        states.promote(&key, now);
        check_states(folder, &states, is_new.then_some(&key), now)?;
        states.write(folder)?;
        Ok(Rotated::Signs { key, retired })
    }

    /// Takes a key that the operator brings as the next one. It signs when it is rotated to.
    ///
    /// # Errors
    /// [`KeyChangeError`].
    pub fn add(
        folder: &Path,
        brought: &BroughtKey<'_>,
        services: &[Service],
        now: Timestamp,
    ) -> Result<&'static str, KeyChangeError> {
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let name = &brought.name;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let is_name =
            !name.is_empty() && name.len() <= 64 && !name.starts_with('.') && name.chars().all(fits);
        if !is_name || name == "ca" {
            return Err(refused(format!(
                "`{name}` cannot be the name of a key: use letters, digits, `.`, `_` and `-`, and not `ca`"
            )));
        }
        let (key_path, path) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.crt")));
        let key = PrivateKey::from_pem(brought.key)
            .map_err(|source| KeyringError::Key { path: key_path.clone(), source })?;
        // A file with the same key is of a try that was cut off.
        let is_other = |there: PrivateKey| there.public() != key.public();
        let is_taken = key_path.exists() && read_key(&key_path).map_or(true, is_other);
        if is_taken || states.keys.iter().any(|key| key.name == *name) {
            return Err(refused(format!("there is a key `{name}` already: choose another --name")));
        }
        if let Some(waiting) = states.find(brought.service.as_ref(), KeyState::Next) {
            return Err(refused(format!(
                "the key `{0}` is next already: rotate to it, or take it back with `portreeve keys retire {0}`",
                waiting.name
            )));
        }
        check_algorithm(key.public().algorithm(), services)?;
        for other in &states.keys {
            if read_key(&folder.join(format!("{}.key", other.name)))?.public() == key.public() {
                return Err(refused(format!("it is the key `{}` already", other.name)));
            }
        }
        if let Some(chain) = brought.chain {
            let read = certificate::read(chain).map_err(super::error::bad_certificate(&path))?;
            let leaf = read.first().ok_or_else(|| broken(&path, "it is empty"))?;
            if leaf.spki != key.public().subject_public_key_info() {
                return Err(refused("the first certificate of the chain is not that of the key"));
            }
            let end = read.iter().map(|certificate| certificate.not_after).min();
            if let Some(end) = end.filter(|end| *end <= now) {
                return Err(refused(format!("a certificate of the chain ended at {end}")));
            }
            let in_order =
                read.iter().zip(read.iter().skip(1)).all(|(below, above)| below.is_signed_by(above));
            if !in_order {
                return Err(refused(
                    "the chain is not in order: the leaf first, each certificate signed by the one after it",
                ));
            }
            write(&path, chain, 0o644)?;
        }
        write(&key_path, key.to_pem().as_bytes(), 0o600)?;
        if brought.chain.is_none() {
            issue(folder, &path, &key, leaf_use(brought.service.as_ref()), now)?;
        }
        states.keys.push(entry(name.clone(), KeyState::Next, brought.service.clone(), now));
        states.write(folder)?;
        Ok(key.public().algorithm())
    }

    /// Ends the life of a key that does not sign: a next one is taken back, a retired one is no longer
    /// published. A key may also go that signs for a service which needs none of its own any more
    /// (`needing` are those that do). Returns the state that it was in.
    ///
    /// # Errors
    /// [`KeyChangeError`].
    pub fn retire(
        folder: &Path,
        name: &str,
        needing: &BTreeSet<ServiceName>,
    ) -> Result<KeyState, KeyChangeError> {
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

    /// Ends the life of a key at once, whatever its state: it does not sign, is not published, and its
    /// files are removed. Where it signed, the next key or a new one does. With `with_ca` the CA is made
    /// anew as well, and with it the certificates of all keys that it certified.
    ///
    /// # Errors
    /// [`KeyChangeError`].
    pub fn revoke(
        folder: &Path,
        name: &str,
        with_ca: bool,
        now: Timestamp,
    ) -> Result<Revoked, KeyChangeError> {
        let mut states = States::read(folder)?;
        check_writable(folder)?;
        let key = find(&states, name)?;
        let (state, service) = (key.state, key.service.clone());
        // Of no more files than it must: the certificates may be broken.
        let mut ours = Vec::new();
        for key in states.keys.iter().filter(|key| with_ca && key.name != name) {
            let path = folder.join(format!("{}.crt", key.name));
            // Also what is of an older CA, because this was cut off before.
            let is_from_here =
                || read_chain(&path).map(|chain| chain.first().is_some_and(Certificate::is_from_here));
            if is_ours(folder, &key.name)? || is_from_here()? {
                ours.push(key.name.clone());
            }
        }
        let in_tokens = !with_ca && service.is_none() && is_ours(folder, name).unwrap_or(false);
        let chain = in_tokens.then(|| read_chain(&folder.join(format!("{name}.crt")))).transpose()?;
        let leaf = chain.iter().flatten().next();
        let certificate_ends_at = leaf.map(|leaf| leaf.not_after).filter(|end| *end > now);
        if with_ca {
            replace_ca(folder, now)?;
            for name in &ours {
                let entry = find(&states, name)?;
                let key = read_key(&folder.join(format!("{name}.key")))?;
                let path = folder.join(format!("{name}.crt"));
                issue(folder, &path, &key, leaf_use(entry.service.as_ref()), now)?;
            }
        }
        let mut successor = None;
        if state == KeyState::Signing {
            let next = states.find(service.as_ref(), KeyState::Next).map(|key| key.name.clone());
            let next = match next {
                Some(next) => next,
                None => {
                    let made = make(folder, service.as_ref(), now)?;
                    states.keys.push(entry(made.clone(), KeyState::Next, service.clone(), now));
                    made
                }
            };
            states.promote(&next, now);
            successor = Some(next);
        }
        states.keys.retain(|key| key.name != name);
        states.write(folder)?;
        remove_files(folder, name)?;
        Ok(Revoked { state, service, successor, certificate_ends_at, replaced_ca: with_ca })
    }
}

fn find<'s>(states: &'s States, name: &str) -> Result<&'s KeyEntry, KeyChangeError> {
    states.keys.iter().find(|key| key.name == name).ok_or_else(|| KeyChangeError::Unknown(name.to_owned()))
}

/// Whether our CA signed the certificate of a key, or would: there is none yet.
fn is_ours(folder: &Path, name: &str) -> Result<bool, KeyringError> {
    let path = folder.join(format!("{name}.crt"));
    if !path.exists() {
        return Ok(true);
    }
    let (chain, ca) = (read_chain(&path)?, read_chain(&folder.join(CA_CERTIFICATE))?);
    Ok(chain.first().zip(ca.first()).is_some_and(|(leaf, ca)| leaf.issuer == ca.subject))
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

fn remove_files(folder: &Path, name: &str) -> Result<(), KeyringError> {
    remove(&folder.join(format!("{name}.key")))?;
    remove(&folder.join(format!("{name}.crt")))
}

fn check_algorithm(algorithm: &'static str, services: &[Service]) -> Result<(), KeyChangeError> {
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

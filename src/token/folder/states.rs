//! `keyring.json`: which keys there are, what each is for, and in which state of its life.
//!
//! INVARIANT: `keyring.json` names only files that exist: a key's files are written before the list names the
//! key, and removed after the list names it no more.

use super::KeysFolder;
use super::files::{check_writable, io, lock, read, write};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::token::error::{KeyChangeError, KeysFolderError, broken};
use crate::token::loaded_key::KeyState;
use serde::{Deserialize, Serialize};
use std::fs::File;

const STATES: &str = "keyring.json";
/// The newest form of the file. Version 1 knows neither services nor `retired_at`, version 2 no `ca_made_anew_at`.
const VERSION: u32 = 3;
/// The form that is written where nothing needs a newer one.
const USUAL_VERSION: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    /// Its files are `NAME.key` and `NAME.crt`.
    pub(super) name: String,
    pub(super) state: KeyState,
    /// The one service that the key signs for; absent for the key that services share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<ServiceName>,
    pub(super) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired_at: Option<Timestamp>,
}

impl KeyEntry {
    pub(super) fn new(name: String, state: KeyState, service: Option<ServiceName>, now: Timestamp) -> Self {
        Self { name, state, service, created_at: now, retired_at: None }
    }

    pub(super) fn is_of(&self, service: Option<&ServiceName>) -> bool {
        self.service.as_ref() == service
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct States {
    version: u32,
    pub(super) keys: Vec<KeyEntry>,
    /// When the CA was made in place of another one, which registries may hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ca_made_anew_at: Option<Timestamp>,
    /// The file as it was read; empty when there was no file.
    #[serde(skip)]
    read: Vec<u8>,
}

impl States {
    pub(super) fn new(first: KeyEntry) -> Self {
        Self { version: USUAL_VERSION, keys: vec![first], ca_made_anew_at: None, read: Vec::new() }
    }

    pub(super) fn read(folder: &KeysFolder) -> Result<Self, KeysFolderError> {
        let path = folder.path().join(STATES);
        // The error itself may quote the file, which might be a key in the wrong place.
        let text = read(&path)?;
        let mut states: States = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            broken(&path, format!("it is not a list of keys from line {line}, column {column} on"))
        })?;
        if !(1..=VERSION).contains(&states.version) {
            return Err(broken(&path, "it was written by a newer release"));
        }
        let is_name = |name: &str| {
            !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']) && name != "ca"
        };
        if !states.keys.iter().all(|key| is_name(&key.name)) {
            return Err(broken(&path, "it names a key that cannot be a file beside it"));
        }
        for (i, key) in states.keys.iter().enumerate() {
            let others = states.keys.iter().skip(i + 1);
            if others.clone().any(|other| other.name == key.name) {
                return Err(broken(&path, format!("it names `{}` twice", key.name)));
            }
            let alone = key.state == KeyState::Retired
                || !others.into_iter().any(|other| other.service == key.service && other.state == key.state);
            if !alone {
                let what = key.service.as_ref().map_or_else(String::new, |name| format!(" for `{name}`"));
                return Err(broken(&path, format!("only one key can be `{}`{what}", key.state.as_str())));
            }
        }
        states.read = text;
        Ok(states)
    }

    /// Writes the list; durable on return. Fails if somebody else wrote the list since it was read: a process that
    /// was suspended for long may have lost its lease.
    pub(super) fn write(&mut self, folder: &KeysFolder) -> Result<(), KeysFolderError> {
        self.version = if self.ca_made_anew_at.is_some() { VERSION } else { USUAL_VERSION };
        let path = folder.path().join(STATES);
        let there = if path.exists() { read(&path)? } else { Vec::new() };
        if there != self.read {
            return Err(KeysFolderError::Overtaken(folder.path().to_owned()));
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| broken(&path, error))?;
        write(&path, format!("{text}\n").as_bytes(), 0o600)
    }

    /// The entry of the key `name`.
    pub(super) fn entry(&self, name: &str) -> Result<&KeyEntry, KeyChangeError> {
        self.keys.iter().find(|key| key.name == name).ok_or_else(|| KeyChangeError::Unknown(name.to_owned()))
    }

    /// The key in that state: at most one key of a service is next, at most one signs.
    pub(super) fn find(&self, service: Option<&ServiceName>, state: KeyState) -> Option<&KeyEntry> {
        self.keys.iter().find(|key| key.is_of(service) && key.state == state)
    }

    /// Makes the key `name` sign, and retires the one that did.
    pub(super) fn promote(&mut self, name: &str, now: Timestamp) {
        let service = self.keys.iter().find(|key| key.name == name).and_then(|key| key.service.clone());
        for key in self.keys.iter_mut().filter(|key| key.is_of(service.as_ref())) {
            if key.name == name {
                key.state = KeyState::Signing;
            } else if key.state == KeyState::Signing {
                key.state = KeyState::Retired;
                key.retired_at = Some(now);
            }
        }
    }
}

impl KeysFolder {
    /// Whether the folder holds keys already.
    pub fn exists(&self) -> Result<bool, KeysFolderError> {
        let path = self.path().join(STATES);
        path.try_exists().map_err(io(&path))
    }

    /// Locks the folder and reads its list, for a change. Fails if the folder is read-only.
    pub(super) fn begin_change(&self) -> Result<(File, States), KeysFolderError> {
        let turn = lock(self.path())?;
        let states = States::read(self)?;
        check_writable(self.path())?;
        Ok((turn, states))
    }
}

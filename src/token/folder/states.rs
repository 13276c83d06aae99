//! The list `keyring.json`: all keys, the purpose of each key, and its state.
//!
//! INVARIANT: `keyring.json` names only keys whose files exist: the files are written before the list names the
//! key, and deleted after the list no longer names it.

use super::KeysFolder;
use super::files::{check_writable, io, lock, read, write};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use crate::token::error::{KeyChangeError, KeysFolderError, broken};
use crate::token::loaded_key::KeyState;
use serde::{Deserialize, Serialize};
use std::fs::File;

const STATES: &str = "keyring.json";
/// The newest version of the file. Version 1 has neither services nor `retired_at`; version 2 has no
/// `ca_made_anew_at`.
const VERSION: u32 = 3;
/// The version that is written if the content needs no newer version.
const USUAL_VERSION: u32 = 2;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    /// The name of the key. The files of the key are `NAME.key` and `NAME.crt`.
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
    /// The time at which a new CA replaced one that registries may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ca_made_anew_at: Option<Timestamp>,
    /// The bytes of the file as it was read; empty if no file existed.
    #[serde(skip)]
    read: Vec<u8>,
}

impl States {
    pub(super) fn new(first: KeyEntry) -> Self {
        Self { version: USUAL_VERSION, keys: vec![first], ca_made_anew_at: None, read: Vec::new() }
    }

    pub(super) fn read(folder: &KeysFolder) -> Result<Self, KeysFolderError> {
        let path = folder.path().join(STATES);
        // The parser's error is not shown: it may quote the file, and somebody may have put a key into this file.
        let text = read(&path)?;
        let mut states: States = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            broken(&path, format!("it is not a list of keys: line {line}, column {column} is wrong"))
        })?;
        if !(1..=VERSION).contains(&states.version) {
            return Err(broken(&path, "it was written by a newer release"));
        }
        let is_name = |name: &str| {
            !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']) && name != "ca"
        };
        if !states.keys.iter().all(|key| is_name(&key.name)) {
            return Err(broken(&path, "it lists a key whose name cannot be a file name"));
        }
        for (i, key) in states.keys.iter().enumerate() {
            let others = states.keys.iter().skip(i + 1);
            if others.clone().any(|other| other.name == key.name) {
                return Err(broken(&path, format!("it lists the key `{}` twice", key.name)));
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

    /// Writes the list durably. Fails if another process has written the list since this process read it.
    /// That happens, for example, if this process was suspended for so long that its lease ended.
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

    /// Returns the entry of the key `name`.
    pub(super) fn entry(&self, name: &str) -> Result<&KeyEntry, KeyChangeError> {
        self.keys.iter().find(|key| key.name == name).ok_or_else(|| KeyChangeError::Unknown(name.to_owned()))
    }

    /// Returns the key of `service` in this state; `None` stands for the services that share a key. Each
    /// value of `service` has at most one next key and at most one signing key.
    pub(super) fn find(&self, service: Option<&ServiceName>, state: KeyState) -> Option<&KeyEntry> {
        self.keys.iter().find(|key| key.is_of(service) && key.state == state)
    }

    /// Makes the key `name` sign, and retires the key of its service that signed before.
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
    /// Returns true if the folder contains a keyring.
    pub fn exists(&self) -> Result<bool, KeysFolderError> {
        let path = self.path().join(STATES);
        path.try_exists().map_err(io(&path))
    }

    /// Locks the folder and reads its list, before a change. Fails if the folder is read-only.
    pub(super) fn begin_change(&self) -> Result<(File, States), KeysFolderError> {
        let turn = lock(self.path())?;
        let states = States::read(self)?;
        check_writable(self.path())?;
        Ok((turn, states))
    }
}

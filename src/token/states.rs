//! `keyring.json`: which keys there are, what each is for, and in which state of its life.
//!
//! INVARIANT: it names only files that are there: files are written before it, and removed after it.

use super::error::{KeyringError, broken};
use super::files::{read, write};
use crate::domain::service::ServiceName;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub(super) const STATES: &str = "keyring.json";
/// The form of the file that is written. Files of version 1 know neither services nor `retired_at`.
const VERSION: u32 = 2;

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published, and does not sign yet: registries that have to be told of it can be.
    Next,
    /// Signs tokens.
    Signing,
    /// No longer signs, and is published as long as a token signed by it may live.
    Retired,
}

impl KeyState {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Signing => "signing",
            Self::Retired => "retired",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyEntry {
    /// Its files are `NAME.key` and `NAME.crt`.
    pub(super) name: String,
    pub(super) state: KeyState,
    /// The one service that it signs for; absent for the key of all services that need none of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) service: Option<ServiceName>,
    pub(super) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retired_at: Option<Timestamp>,
}

impl KeyEntry {
    pub(super) fn is_of(&self, service: Option<&ServiceName>) -> bool {
        self.service.as_ref() == service
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct States {
    version: u32,
    pub(super) keys: Vec<KeyEntry>,
    /// What was read; nothing when there was no file.
    #[serde(skip)]
    read: Vec<u8>,
}

impl States {
    pub(super) fn new(first: KeyEntry) -> Self {
        Self { version: VERSION, keys: vec![first], read: Vec::new() }
    }

    pub(super) fn read(folder: &Path) -> Result<Self, KeyringError> {
        let path = folder.join(STATES);
        // The error itself may quote what is there, which might be a key that was put in the wrong file.
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

    /// Durable when it returns. Refuses to undo what somebody else wrote since this was read, because whoever
    /// stood still for long may have lost the turn.
    pub(super) fn write(&mut self, folder: &Path) -> Result<(), KeyringError> {
        self.version = VERSION;
        let path = folder.join(STATES);
        let there = if path.exists() { read(&path)? } else { Vec::new() };
        if there != self.read {
            return Err(KeyringError::Overtaken(folder.to_owned()));
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| broken(&path, error))?;
        write(&path, format!("{text}\n").as_bytes(), 0o600)
    }

    /// The key in that state, which at most one key of a service is in (retired ones apart).
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

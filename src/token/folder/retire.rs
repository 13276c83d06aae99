//! Ends the life of a key that does not sign.

use super::KeysFolder;
use crate::domain::service::ServiceName;
use crate::domain::shell;
use crate::token::error::{KeyChangeError, refused};
use crate::token::loaded_key::KeyState;
use std::collections::BTreeSet;

impl KeysFolder {
    /// Ends the life of a key that does not sign: takes a next key back, or ends the publication of a retired
    /// one. Also ends a key that signs for a service which needs no key of its own any more (`needing` are the
    /// services that do). Returns the state that the key was in.
    pub fn retire(&self, name: &str, needing: &BTreeSet<ServiceName>) -> Result<KeyState, KeyChangeError> {
        let (_turn, mut states) = self.begin_change()?;
        let key = states.entry(name)?;
        let state = key.state;
        match &key.service {
            None if state == KeyState::Signing => {
                return Err(refused(format!(
                    "`{name}` signs: `portreeve keys rotate` makes another key sign and retires it"
                )));
            }
            Some(service) if state == KeyState::Signing && needing.contains(service) => {
                return Err(refused(format!(
                    "`{name}` signs for `{service}`: run `portreeve keys rotate{}` first",
                    shell::flag("--service", service.as_str())
                )));
            }
            _ => {}
        }
        states.keys.retain(|key| key.name != name);
        states.write(self)?;
        self.remove_files(name)?;
        Ok(state)
    }
}

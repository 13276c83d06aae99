//! Removes a key that no longer needs to sign or to be published.

use super::KeysFolder;
use crate::domain::service::ServiceName;
use crate::domain::shell;
use crate::token::error::{KeyChangeError, refused};
use crate::token::loaded_key::KeyState;
use std::collections::BTreeSet;

impl KeysFolder {
    /// Removes a key that does not sign: a next key, or a retired key that is still published. Also removes a
    /// signing key of a service that no longer needs its own key. `needing` are the services that need their
    /// own key. Returns the state that the key was in.
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

//! Names settings in messages. The name has the form of the place where the setting is written: a flag, an
//! environment variable or a key. A setting that is written nowhere is named as a key if there is a settings
//! file, else as a variable if any variable sets a setting, else as a flag.

use crate::domain::shell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The place where a setting is written.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Flag(&'static str),
    Variable(String),
    Key(&'static str, PathBuf),
}

/// The place of each setting. A setting that is not written has the place where it would be written.
#[derive(Debug, Clone, Default)]
pub struct Places(BTreeMap<&'static str, Place>);

impl Places {
    pub(super) fn flag(&mut self, key: &'static str, flag: &'static str) {
        self.0.insert(key, Place::Flag(flag));
    }

    pub(super) fn variable(&mut self, key: &'static str, variable: String) {
        self.0.insert(key, Place::Variable(variable));
    }

    pub(super) fn key(&mut self, key: &'static str, file: &Path) {
        self.0.insert(key, Place::Key(key, file.to_owned()));
    }

    /// Returns the name of the setting with this key, for a message.
    #[must_use]
    pub fn name(&self, key: &'static str) -> String {
        self.names(&[key])
    }

    /// Returns the names of several settings, for a message.
    #[must_use]
    pub fn names(&self, keys: &[&'static str]) -> String {
        let mut files = Vec::new();
        let mut names: Vec<String> = Vec::new();
        for key in keys {
            names.push(match self.0.get(key) {
                Some(Place::Flag(flag)) => (*flag).to_owned(),
                Some(Place::Variable(name)) => name.clone(),
                Some(Place::Key(key, file)) => {
                    files.push(file);
                    format!("`{key}`")
                }
                None => format!("`{key}`"),
            });
        }
        let names = names.join(" and ");
        match files.first() {
            Some(file) if files.len() == keys.len() => format!("{names} in {}", file.display()),
            _ => names,
        }
    }

    /// Returns the advice that adds a value to a list setting.
    #[must_use]
    pub fn addition(&self, key: &'static str, value: impl Display) -> String {
        match self.0.get(key) {
            Some(Place::Flag(flag)) => format!("{flag} {value}"),
            _ => format!("add it to {}", self.name(key)),
        }
    }

    /// Returns the text that sets a list setting to these values: flags, a variable with its value, or a line of the
    /// settings file.
    #[must_use]
    pub fn list(&self, key: &'static str, values: &[&str]) -> String {
        match self.0.get(key) {
            Some(Place::Flag(flag)) => values
                .iter()
                .map(|value| shell::flag(flag, value))
                .collect::<String>()
                .trim_start()
                .to_owned(),
            Some(Place::Variable(name)) => format!("{name}={}", shell::word(&values.join(","))),
            _ => format!("{key} = {values:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_called_as_its_reader_writes_it() {
        let mut places = Places::default();
        places.flag("realm", "--realm");
        places.variable("services", "PORTREEVE_SERVICES".to_owned());
        for key in ["tls_cert", "tls_key", "trusted_proxies"] {
            places.key(key, Path::new("p.toml"));
        }
        assert_eq!(places.name("realm"), "--realm");
        assert_eq!(places.name("services"), "PORTREEVE_SERVICES");
        assert_eq!(places.names(&["tls_cert", "tls_key"]), "`tls_cert` and `tls_key` in p.toml");
        assert_eq!(places.addition("trusted_proxies", "10.0.0.7"), "add it to `trusted_proxies` in p.toml");
        assert_eq!(places.addition("realm", "x"), "--realm x");
        assert_eq!(places.list("services", &["a", "b"]), "PORTREEVE_SERVICES=a,b");
        assert_eq!(places.list("trusted_proxies", &["a", "b"]), "trusted_proxies = [\"a\", \"b\"]");
        assert_eq!(places.list("realm", &["a", "b"]), "--realm a --realm b");
    }
}

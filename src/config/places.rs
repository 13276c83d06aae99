//! How messages call a setting: as the reader would write it, which is where it stands, or where the others do.

use crate::domain::shell;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Where a setting stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Flag(&'static str),
    Variable(String),
    Key(&'static str, PathBuf),
}

/// Where each setting stands, or would.
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

    /// How to call the setting with this key.
    #[must_use]
    pub fn name(&self, key: &'static str) -> String {
        self.names(&[key])
    }

    /// How to call several settings at once.
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

    /// How to add a value to a list.
    #[must_use]
    pub fn addition(&self, key: &'static str, value: impl Display) -> String {
        match self.0.get(key) {
            Some(Place::Flag(flag)) => format!("{flag} {value}"),
            _ => format!("add it to {}", self.name(key)),
        }
    }

    /// How to write a list of these values.
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

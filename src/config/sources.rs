//! Where the text of a setting comes from: flag, environment or file, and how messages call that place.

use super::error::ConfigError;
use super::file::FileSettings;
use std::collections::BTreeMap;

/// The text of one setting, and where it stands.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) place: String,
}

impl Given {
    /// Parses the text. The error names the place.
    pub(super) fn parse<T, E: std::fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        parse(&self.text)
            .map_err(|error| ConfigError::Value { place: self.place.clone(), message: error.to_string() })
    }
}

/// The environment and the settings file. Flags are arguments.
pub(super) struct Sources<'a> {
    pub(super) environment: &'a BTreeMap<String, String>,
    pub(super) file: FileSettings,
}

impl Sources<'_> {
    /// The text of a setting: flag, else environment, else file.
    pub(super) fn text(&self, flag: &str, given: &Option<String>, key: &str) -> Option<Given> {
        self.find(flag, given.as_slice(), key, |text| vec![text])?.pop()
    }

    /// The value of a setting.
    pub(super) fn value<T, E: std::fmt::Display>(
        &self,
        flag: &str,
        given: &Option<String>,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        self.text(flag, given, key).map(|given| given.parse(parse)).transpose()
    }

    /// The values of a list. The environment variable parts them by commas.
    pub(super) fn values<T, E: std::fmt::Display>(
        &self,
        flag: &str,
        given: &[String],
        key: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let found = self.find(flag, given, key, |text| text.split(',').map(str::trim).collect());
        found.map(|all| all.iter().map(|given| given.parse(&parse)).collect()).transpose()
    }

    fn find(
        &self,
        flag: &str,
        given: &[String],
        key: &str,
        split: impl FnOnce(&str) -> Vec<&str>,
    ) -> Option<Vec<Given>> {
        let at = |place: &str, text: &str| Given { text: text.to_owned(), place: place.to_owned() };
        if !given.is_empty() {
            return Some(given.iter().map(|text| at(flag, text)).collect());
        }
        let variable = format!("PORTREEVE_{}", key.to_uppercase());
        if let Some(value) = self.environment.get(&variable).filter(|value| !value.is_empty()) {
            return Some(split(value).into_iter().map(|text| at(&variable, text)).collect());
        }
        let found = self.file.find(key)?;
        Some(found.into_iter().map(|(text, place)| Given { text, place }).collect())
    }
}

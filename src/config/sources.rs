//! Finds the text of a setting in the flags, the environment or the file, and names that place in messages.

use super::error::ConfigError;
use super::file::FileSettings;
use super::mistakes::KEYS;
use super::places::Places;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The text of one setting, with the place where it is written.
pub(super) struct Given {
    pub(super) text: String,
    pub(super) place: String,
}

impl Given {
    /// Parses the text. The error names the place of the text.
    pub(super) fn parse<T, E: std::fmt::Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<T, ConfigError> {
        parse(&self.text)
            .map_err(|error| ConfigError::Value { place: self.place.clone(), message: error.to_string() })
    }
}

/// Returns the name of the environment variable for a key of the settings file.
fn variable_of(key: &str) -> String {
    format!("PORTREEVE_{}", key.to_uppercase())
}

/// Returns true if `name` is the environment variable for a key of the settings file.
pub(super) fn is_variable_of_key(name: &str) -> bool {
    KEYS.iter().any(|(key, _)| variable_of(key) == name)
}

/// The sources of settings besides flags: the environment and the settings file.
pub(super) struct Sources<'a> {
    environment: &'a BTreeMap<String, String>,
    file: FileSettings,
    /// True if an environment variable sets a setting.
    uses_environment: bool,
    places: RefCell<Places>,
}

impl<'a> Sources<'a> {
    /// Combines the environment and the settings file.
    pub(super) fn new(environment: &'a BTreeMap<String, String>, file: FileSettings) -> Self {
        let uses_environment =
            environment.iter().any(|(name, value)| is_variable_of_key(name) && !value.is_empty());
        Self { environment, file, uses_environment, places: RefCell::default() }
    }

    /// Returns the place of each setting that was requested so far. A setting that is not written has the
    /// place where it would be written.
    pub(super) fn places(&self) -> Places {
        self.places.borrow().clone()
    }

    /// Returns the path of the settings file if it contains a password.
    pub(super) fn file_with_password(&self) -> Option<PathBuf> {
        self.file.with_password()
    }

    /// Returns the text of a setting from its flag, or else from the environment, or else from the file.
    /// Returns `None` if none of them has the setting.
    pub(super) fn text(
        &self,
        flag: &'static str,
        given: &Option<String>,
        key: &'static str,
    ) -> Option<Given> {
        self.find(flag, given.as_slice(), key, |text| vec![text])?.pop()
    }

    /// Returns the parsed value of a setting.
    pub(super) fn value<T, E: std::fmt::Display>(
        &self,
        flag: &'static str,
        given: &Option<String>,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        self.text(flag, given, key).map(|given| given.parse(parse)).transpose()
    }

    /// Returns the parsed values of a list setting. Commas separate them in an environment variable.
    pub(super) fn values<T, E: std::fmt::Display>(
        &self,
        flag: &'static str,
        given: &[String],
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let found = self.find(flag, given, key, |text| text.split(',').map(str::trim).collect());
        found.map(|all| all.iter().map(|given| given.parse(&parse)).collect()).transpose()
    }

    fn find(
        &self,
        flag: &'static str,
        given: &[String],
        key: &'static str,
        split: impl FnOnce(&str) -> Vec<&str>,
    ) -> Option<Vec<Given>> {
        let at = |place: &str, text: &str| Given { text: text.to_owned(), place: place.to_owned() };
        let variable = variable_of(key);
        let value = self.environment.get(&variable).filter(|value| !value.is_empty());
        let found = self.file.find(key);
        self.note_place(flag, key, &variable, [!given.is_empty(), value.is_some(), found.is_some()]);
        if !given.is_empty() {
            return Some(given.iter().map(|text| at(flag, text)).collect());
        }
        if let Some(value) = value {
            return Some(split(value).into_iter().map(|text| at(&variable, text)).collect());
        }
        Some(found?.into_iter().map(|(text, place)| Given { text, place }).collect())
    }

    /// Notes the place of a setting. `is_in` says whether the flags, the environment and the file have the setting. A
    /// setting that is in none of them gets the place where it would be written: the file if there is one, else the
    /// environment if that sets any setting, else the flag.
    fn note_place(&self, flag: &'static str, key: &'static str, variable: &str, is_in: [bool; 3]) {
        let mut places = self.places.borrow_mut();
        let file = self.file.path();
        match (is_in, file) {
            ([true, ..], _) => places.flag(key, flag),
            ([_, true, _], _) => places.variable(key, variable.to_owned()),
            (_, Some(file)) => places.key(key, file),
            (_, None) if self.uses_environment => places.variable(key, variable.to_owned()),
            (_, None) => places.flag(key, flag),
        }
    }
}

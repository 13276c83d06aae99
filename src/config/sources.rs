//! Where the text of a setting comes from: flag, environment or file, and how messages call that place.

use super::error::ConfigError;
use super::file::FileSettings;
use super::mistakes::KEYS;
use super::places::Places;
use std::cell::RefCell;
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

/// The environment variable of a key of the file.
fn variable_of(key: &str) -> String {
    format!("PORTREEVE_{}", key.to_uppercase())
}

/// Whether an environment variable has a key of the file.
pub(super) fn is_variable_of_key(name: &str) -> bool {
    KEYS.iter().any(|(key, _)| variable_of(key) == name)
}

/// The environment and the settings file. Flags are arguments.
pub(super) struct Sources<'a> {
    environment: &'a BTreeMap<String, String>,
    file: FileSettings,
    /// Whether the environment holds settings.
    uses_environment: bool,
    places: RefCell<Places>,
}

impl<'a> Sources<'a> {
    /// The sources.
    pub(super) fn new(environment: &'a BTreeMap<String, String>, file: FileSettings) -> Self {
        let uses_environment =
            environment.iter().any(|(name, value)| is_variable_of_key(name) && !value.is_empty());
        Self { environment, file, uses_environment, places: RefCell::default() }
    }

    /// Where each setting stands that was asked for, or would.
    pub(super) fn places(&self) -> Places {
        self.places.borrow().clone()
    }

    /// The text of a setting: flag, else environment, else file.
    pub(super) fn text(
        &self,
        flag: &'static str,
        given: &Option<String>,
        key: &'static str,
    ) -> Option<Given> {
        self.find(flag, given.as_slice(), key, |text| vec![text])?.pop()
    }

    /// The value of a setting.
    pub(super) fn value<T, E: std::fmt::Display>(
        &self,
        flag: &'static str,
        given: &Option<String>,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ConfigError> {
        self.text(flag, given, key).map(|given| given.parse(parse)).transpose()
    }

    /// The values of a list. The environment variable parts them by commas.
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

    /// Notes where a setting stands: `is_in` says whether flags, environment and file have it. One that is nowhere
    /// belongs to where the others are.
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

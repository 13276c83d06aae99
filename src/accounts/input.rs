//! Reads JSON objects: whole objects, and merge patches for existing ones. Also checks the fields that several kinds of
//! objects have.

use super::error::WriteError;
use super::wording::plain;
use crate::domain::identity::is_provider_owner;
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::ObjectKind;
use crate::domain::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The kind of a write: replace or patch.
#[derive(Debug, Clone)]
pub enum Write {
    /// Replaces the object. Absent fields return to their defaults.
    Put(Value),
    /// Changes only the given fields (RFC 7396).
    Patch(Value),
}

impl Write {
    /// Returns the JSON object of the body.
    ///
    /// # Errors
    /// [`WriteError::Invalid`] when the body is not an object.
    pub fn object(&mut self) -> Result<&mut Map<String, Value>, WriteError> {
        let (Write::Put(body) | Write::Patch(body)) = self;
        match body {
            Value::Object(object) => Ok(object),
            _ => Err(FieldErrors::one("", "must be a JSON object").into()),
        }
    }
}

/// Returns the object after the write: the body, or `current` with the patch merged in. `current` is `None` if the
/// object does not exist; a patch then returns `None`.
fn onto(write: Write, current: Option<Map<String, Value>>) -> Option<Value> {
    match write {
        Write::Put(body) => Some(body),
        Write::Patch(patch) => {
            let mut object = Value::Object(current?);
            merge(&mut object, patch);
            Some(object)
        }
    }
}

/// Merges a patch into a value, by RFC 7396 section 2.
fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(target) = target {
        for (key, value) in patch {
            if value.is_null() {
                target.remove(&key);
            } else {
                merge(target.entry(key).or_insert(Value::Null), value);
            }
        }
    }
}

/// The object of a write: its name in the path, and its present state.
pub struct Target<'a> {
    /// The kind of the object.
    pub kind: ObjectKind,
    /// The name of the object.
    pub name: &'a str,
    /// The object as the API shows it, if it exists.
    pub shown: Option<Value>,
    /// Shown fields that cannot be written. A write that leaves them unchanged is accepted.
    pub read_only: &'static [&'static str],
}

impl<'a> Target<'a> {
    /// Makes the target for the object of this kind and name, with its present state as the API shows it.
    #[must_use]
    pub fn new<T: Serialize>(kind: ObjectKind, name: &'a str, shown: Option<&T>) -> Self {
        let shown = shown.map(|object| serde_json::to_value(object).unwrap_or(Value::Null));
        Self { kind, name, shown, read_only: &[] }
    }

    /// Returns the fields of the object after the write, without its name. A `name` in the body must be the object's
    /// name.
    pub(super) fn fields(self, write: Write) -> Result<Map<String, Value>, WriteError> {
        let shown = match self.shown {
            Some(Value::Object(shown)) => Some(shown),
            _ => None,
        };
        let writable = shown.clone().map(|mut shown| {
            shown.retain(|field, _| !self.read_only.contains(&field.as_str()));
            shown
        });
        let missing = || WriteError::not_found(self.kind, self.name);
        let Value::Object(mut object) = onto(write, writable).ok_or_else(missing)? else {
            return Err(FieldErrors::one("", "must be a JSON object").into());
        };
        let mut errors = FieldErrors::default();
        match object.remove("name") {
            None => {}
            Some(Value::String(inside)) if inside == self.name => {}
            Some(_) => errors.push("name", "differs from the name in the path"),
        }
        for field in self.read_only {
            if let Some(sent) = object.remove(*field)
                && shown.as_ref().and_then(|shown| shown.get(*field)) != Some(&sent)
            {
                errors.push(*field, "is read-only: leave it out");
            }
        }
        errors.into_result()?;
        Ok(object)
    }
}

/// Reads a JSON value. The error names the field with the wrong value.
pub fn read<T: DeserializeOwned>(value: Value) -> Result<T, WriteError> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        FieldErrors::one(field, plain(&error.into_inner().to_string())).into()
    })
}

/// Checks an owner mark (`managed_by`). `before` is the present mark: a client may keep a provider's mark, but not set
/// one.
pub fn check_managed_by(errors: &mut FieldErrors, managed_by: Option<&str>, before: Option<&str>) {
    if managed_by.is_some_and(is_provider_owner) && managed_by != before {
        errors.push("managed_by", "this owner is reserved for identity providers: choose another");
    }
    if managed_by
        .is_some_and(|text| text.is_empty() || text.len() > 255 || text.chars().any(char::is_control))
    {
        errors.push("managed_by", "must be 1 to 255 bytes without control characters");
    }
}

/// Checks a description: at most 1,024 bytes without control characters.
pub fn check_description(errors: &mut FieldErrors, text: &str) {
    if text.len() > 1024 || text.chars().any(char::is_control) {
        errors.push("description", "must be at most 1,024 bytes without control characters");
    }
}

/// Checks the end of a robot or access key that is written at `at`. An end in the past is refused, unless it is
/// already the end (`before`).
pub fn check_end(errors: &mut FieldErrors, end: Option<Timestamp>, before: Option<Timestamp>, at: Timestamp) {
    if let Some(end) = end.filter(|end| *end <= at && Some(*end) != before) {
        errors.push("expires_at", format_args!("{end} is before now, {at}: give a later time, or none"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_merge_patch_follows_the_examples_of_rfc_7396() {
        let table = [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": "foo"}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ];
        for (mut target, patch, expected) in table {
            merge(&mut target, patch.clone());
            assert_eq!(target, expected, "{patch}");
        }
    }
}

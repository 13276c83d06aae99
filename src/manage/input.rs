//! Reading JSON objects: whole ones, and merge patches onto what is there.

use super::ManageError;
use crate::domain::invalid::FieldErrors;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// How an object is written.
#[derive(Debug, Clone)]
pub enum Write {
    /// Replaces the object: absent fields return to their defaults.
    Put(Value),
    /// Changes the named fields only (RFC 7396).
    Patch(Value),
}

/// A field that tells absent from null.
pub(super) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

impl Write {
    /// The JSON object of the body.
    ///
    /// # Errors
    /// [`ManageError::Invalid`] when it is not an object.
    pub(super) fn object(&mut self) -> Result<&mut Map<String, Value>, ManageError> {
        let (Write::Put(body) | Write::Patch(body)) = self;
        match body {
            Value::Object(object) => Ok(object),
            _ => Err(FieldErrors::one("", "must be a JSON object").into()),
        }
    }

    /// The object as it shall be: the body, or `current` with the patch merged in. `current` is
    /// `None` when there is no such object, which a patch cannot change.
    pub(super) fn onto(self, current: Option<Value>) -> Option<Value> {
        match self {
            Write::Put(body) => Some(body),
            Write::Patch(patch) => {
                let mut target = current?;
                merge(&mut target, patch);
                Some(target)
            }
        }
    }
}

/// RFC 7396 section 2.
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

/// Reads the fields of an object named `name` in the path. A `name` inside must be the same.
pub(super) fn fields<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, ManageError> {
    let Value::Object(mut object) = value else {
        return Err(FieldErrors::one("", "must be a JSON object").into());
    };
    match object.remove("name") {
        None => {}
        Some(Value::String(inside)) if inside == name => {}
        Some(_) => {
            return Err(FieldErrors::one("name", "differs from the name in the path").into());
        }
    }
    let mut errors = FieldErrors::default();
    for read_only in ["groups", "has_password", "created_at", "updated_at"] {
        if object.contains_key(read_only) {
            errors.push(read_only, "is read-only: leave it out");
        }
    }
    errors.into_result()?;
    serde_path_to_error::deserialize(Value::Object(object)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { String::new() } else { path };
        FieldErrors::one(field, error.into_inner()).into()
    })
}

/// Checks the mark of a declarative tool.
pub(super) fn check_managed_by(errors: &mut FieldErrors, managed_by: Option<&str>) {
    if managed_by
        .is_some_and(|text| text.is_empty() || text.len() > 255 || text.chars().any(char::is_control))
    {
        errors.push("managed_by", "must be 1 to 255 bytes without control characters");
    }
}

/// Checks a text for people to read.
pub(super) fn check_description(errors: &mut FieldErrors, text: &str) {
    if text.len() > 1024 || text.chars().any(char::is_control) {
        errors.push("description", "must be at most 1,024 bytes without control characters");
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

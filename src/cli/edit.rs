//! The changes that flags describe for an object: fields to set, list entries to add or remove, and labels.
//!
//! The command reads the object first only if it adds list entries, removes list entries, changes labels, or
//! replaces a field whose value is an object. To set any other field or a whole list, it does not read the
//! object.

use super::error::CliError;
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The fields that an empty text sets to null. In any other text field, an empty text stays an empty text.
const REMOVABLE: &[&str] = &[
    "managed_by",
    "expires_at",
    "not_before",
    "not_after",
    "trust",
    "key_id",
    "push_includes_pull",
    "ca_file",
    "title",
    "name_strip",
    "groups_claim",
];

/// The fields of an object: all fields for a new object, only the changed fields for an existing object.
#[derive(Debug, Default)]
pub(super) struct Patch {
    /// Fields with their values.
    pub(super) fields: Map<String, Value>,
    lists: Vec<ListEdit>,
    labels: LabelEdit,
    /// Fields with an object as the value. The object is replaced as a whole.
    wholes: Vec<(&'static str, Map<String, Value>)>,
}

/// The entries to add to a list and to remove from it.
#[derive(Debug)]
struct ListEdit {
    field: &'static str,
    add: Vec<String>,
    remove: Vec<String>,
}

/// Changes of labels, each `KEY=VALUE`.
#[derive(Debug, Default, Clone, Args)]
pub(super) struct LabelEdit {
    /// Replace all labels with these, KEY=VALUE; repeatable, an empty text removes all labels
    #[arg(long = "label", value_name = "KEY=VALUE", conflicts_with_all = ["add_label", "remove_label"])]
    label: Vec<String>,
    /// Add a value to a label; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    add_label: Vec<String>,
    /// Remove one value of a label, or the whole label; repeatable
    #[arg(long, value_name = "KEY[=VALUE]")]
    remove_label: Vec<String>,
}

type Labels = BTreeMap<String, Vec<String>>;

impl ListEdit {
    fn onto(&self, current: &Value) -> Result<Vec<String>, CliError> {
        let mut list = texts(current.get(self.field));
        for gone in &self.remove {
            if !list.contains(gone) {
                return Err(CliError::Failed(format!("`{gone}` is not in {}", self.field)));
            }
            list.retain(|entry| entry != gone);
        }
        for new in &self.add {
            if !list.contains(new) {
                list.push(new.clone());
            }
        }
        Ok(list)
    }
}

impl Patch {
    /// Returns the given flags, as fields of the same names. A list flag with only an empty text sets the
    /// empty list.
    pub(super) fn of(flags: &impl Serialize) -> Self {
        let given = serde_json::to_value(flags).ok();
        let mut fields = Map::new();
        for (name, value) in given.as_ref().and_then(Value::as_object).into_iter().flatten() {
            let value = match value {
                Value::Null => continue,
                Value::String(text) if text.is_empty() && REMOVABLE.contains(&name.as_str()) => Value::Null,
                Value::Array(entries) if entries.is_empty() => continue,
                Value::Array(_) => json!(texts(Some(value))),
                other => other.clone(),
            };
            fields.insert(name.clone(), value);
        }
        Self { fields, ..Self::default() }
    }

    /// Adds changes of a list field to this patch: the entries to add and to remove.
    pub(super) fn list(mut self, field: &'static str, add: &[String], remove: &[String]) -> Self {
        if !add.is_empty() || !remove.is_empty() {
            self.lists.push(ListEdit { field, add: add.to_vec(), remove: remove.to_vec() });
        }
        self
    }

    /// Adds changes of labels to this patch. Fails if a label to set or to add is not `KEY=VALUE`.
    pub(super) fn labels(mut self, edit: &LabelEdit) -> Result<Self, CliError> {
        labels(&edit.label)?;
        labels(&edit.add_label)?;
        self.labels = edit.clone();
        Ok(self)
    }

    /// Adds to this patch that `object` replaces the whole object in a field. A plain merge patch would keep
    /// keys that `object` does not name.
    pub(super) fn whole(mut self, field: &'static str, object: Map<String, Value>) -> Self {
        self.wholes.push((field, object));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.needs_current()
    }

    /// Returns true if the merge patch can be made only from the present object.
    pub(super) fn needs_current(&self) -> bool {
        !self.lists.is_empty() || !self.labels.is_empty() || !self.wholes.is_empty()
    }

    /// Returns the merge patch for `current`. For `Value::Null` the patch contains all fields of a new
    /// object.
    pub(super) fn onto(&self, current: &Value) -> Result<Map<String, Value>, CliError> {
        let mut patch = self.fields.clone();
        for list in &self.lists {
            patch.insert(list.field.to_owned(), json!(list.onto(current)?));
        }
        for (field, object) in &self.wholes {
            let known = current.get(*field).and_then(Value::as_object).into_iter().flatten();
            let gone = known.filter(|(key, _)| !object.contains_key(*key));
            let mut merged: Map<String, Value> = gone.map(|(key, _)| (key.clone(), Value::Null)).collect();
            merged.extend(object.clone());
            patch.insert((*field).to_owned(), merged.into());
        }
        if !self.labels.is_empty() {
            patch.insert("labels".to_owned(), self.labels.onto(current)?);
        }
        Ok(patch)
    }
}

impl LabelEdit {
    /// Returns the edit that replaces all labels of the object with these.
    pub(super) fn replace(label: &[String]) -> Self {
        Self { label: label.to_vec(), ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.label.is_empty() && self.add_label.is_empty() && self.remove_label.is_empty()
    }

    /// Returns a merge patch of labels. A removed label is null in the patch.
    fn onto(&self, current: &Value) -> Result<Value, CliError> {
        let current: Labels = current
            .get("labels")
            .cloned()
            .map(serde_json::from_value)
            .transpose()
            .ok()
            .flatten()
            .unwrap_or_default();
        let wanted = if self.label.is_empty() { self.edited(&current)? } else { labels(&self.label)? };
        let mut patch = Map::new();
        for key in current.keys().filter(|key| !wanted.contains_key(*key)) {
            patch.insert(key.clone(), Value::Null);
        }
        patch.extend(wanted.into_iter().map(|(key, values)| (key, json!(values))));
        Ok(Value::Object(patch))
    }

    fn edited(&self, current: &Labels) -> Result<Labels, CliError> {
        let mut wanted = current.clone();
        for text in &self.remove_label {
            let (key, value) =
                text.split_once('=').map_or((text.as_str(), None), |(key, value)| (key, Some(value)));
            let is_there = wanted
                .get(key)
                .is_some_and(|values| value.is_none_or(|value| values.iter().any(|other| other == value)));
            if !is_there {
                return Err(CliError::Failed(format!("there is no label `{text}`")));
            }
            if let (Some(value), Some(values)) = (value, wanted.get_mut(key)) {
                values.retain(|other| other != value);
            }
            if value.is_none() || wanted.get(key).is_some_and(Vec::is_empty) {
                wanted.remove(key);
            }
        }
        for (key, values) in labels(&self.add_label)? {
            let known = wanted.entry(key).or_default();
            for value in values {
                if !known.contains(&value) {
                    known.push(value);
                }
            }
        }
        Ok(wanted)
    }
}

/// Parses labels of the form `KEY=VALUE`. Collects values of the same key.
fn labels(given: &[String]) -> Result<Labels, CliError> {
    let mut labels = Labels::new();
    for text in given.iter().filter(|text| !text.is_empty()) {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| CliError::Usage(format!("`{text}` is not a label: write KEY=VALUE")))?;
        labels.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Ok(labels)
}

/// Returns the texts of a list without the empty ones.
fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn lists_are_added_to_and_taken_from() {
        let current = json!({"names": ["a", "b"]});
        for (add, remove, expected) in
            [(&["c", "a"][..], &["b"][..], Some(&["a", "c"][..])), (&[], &["z"], None)]
        {
            let edit = ListEdit { field: "names", add: strings(add), remove: strings(remove) };
            assert_eq!(edit.onto(&current).ok(), expected.map(strings), "{add:?} {remove:?}");
        }
    }

    #[test]
    fn only_flags_that_were_given_become_fields() {
        let flags = json!({
            "description": "", "expires_at": "", "trust": "jwks", "managed_by": null, "priority": -1,
            "names": ["x", "y"], "networks": [""], "actions": [],
        });
        assert_eq!(
            json!(Patch::of(&flags).onto(&Value::Null).unwrap()),
            json!({
                "description": "", "expires_at": null, "trust": "jwks", "priority": -1,
                "names": ["x", "y"], "networks": [],
            })
        );
    }

    #[test]
    fn labels_are_replaced_added_to_and_taken_from() {
        let current = json!({"labels": {"team": ["web", "api"], "site": ["x"]}});
        for (label, add, remove, expected) in [
            (&["tier=1"][..], &[][..], &[][..], Some(json!({"team": null, "site": null, "tier": ["1"]}))),
            (&[""], &[], &[], Some(json!({"team": null, "site": null}))),
            (&[], &["team=ops"], &["site"], Some(json!({"team": ["web", "api", "ops"], "site": null}))),
            (&[], &[], &["team=web", "site=x"], Some(json!({"team": ["api"], "site": null}))),
            (&[], &[], &["team=nobody"], None),
            (&[], &["team"], &[], None),
        ] {
            let edit =
                LabelEdit { label: strings(label), add_label: strings(add), remove_label: strings(remove) };
            assert_eq!(edit.onto(&current).ok(), expected, "{label:?} {add:?} {remove:?}");
        }
    }
}

//! What flags say about an object: fields to set, lists to add to or take from, labels.
//!
//! A field, and a list as a whole, is set without looking; adding and removing need the object as it is.

use super::error::CliError;
use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The texts that an empty one removes.
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

/// What an object shall say: all of a new one, or what changes.
#[derive(Debug, Default)]
pub(super) struct Patch {
    /// Fields with their values.
    pub(super) fields: Map<String, Value>,
    lists: Vec<ListEdit>,
    labels: LabelEdit,
    /// Objects that are replaced as a whole.
    wholes: Vec<(&'static str, Map<String, Value>)>,
}

/// What is added to a list and taken from it.
#[derive(Debug)]
struct ListEdit {
    field: &'static str,
    add: Vec<String>,
    remove: Vec<String>,
}

/// The change of labels, `KEY=VALUE` each.
#[derive(Debug, Default, Clone, Args)]
pub(super) struct LabelEdit {
    /// Replace all labels with these, KEY=VALUE; repeatable, an empty one removes all
    #[arg(long = "label", value_name = "KEY=VALUE", conflicts_with_all = ["add_label", "remove_label"])]
    label: Vec<String>,
    /// Add a value to a label; repeatable
    #[arg(long, value_name = "KEY=VALUE")]
    add_label: Vec<String>,
    /// Remove a value of a label, or all of them; repeatable
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
    /// The flags that were given, as fields of the same names. An empty entry stands for the empty list.
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

    /// Also adds to a list, and takes from it.
    pub(super) fn list(mut self, field: &'static str, add: &[String], remove: &[String]) -> Self {
        if !add.is_empty() || !remove.is_empty() {
            self.lists.push(ListEdit { field, add: add.to_vec(), remove: remove.to_vec() });
        }
        self
    }

    /// Also changes labels. Refuses what is not a label before anything is asked or sent.
    pub(super) fn labels(mut self, edit: &LabelEdit) -> Result<Self, CliError> {
        labels(&edit.label)?;
        labels(&edit.add_label)?;
        self.labels = edit.clone();
        Ok(self)
    }

    /// Also replaces an object as a whole, where a merge patch would keep the keys that are not named.
    pub(super) fn whole(mut self, field: &'static str, object: Map<String, Value>) -> Self {
        self.wholes.push((field, object));
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.needs_current()
    }

    /// Whether the object as it is must be known.
    pub(super) fn needs_current(&self) -> bool {
        !self.lists.is_empty() || !self.labels.is_empty() || !self.wholes.is_empty()
    }

    /// The merge patch that makes the change on `current`; for `Value::Null`, all of a new object.
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
    /// These labels, whatever there was.
    pub(super) fn replace(label: &[String]) -> Self {
        Self { label: label.to_vec(), ..Self::default() }
    }

    fn is_empty(&self) -> bool {
        self.label.is_empty() && self.add_label.is_empty() && self.remove_label.is_empty()
    }

    /// A merge patch of labels; those that go are null in it.
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

/// Labels given as `KEY=VALUE`; values of one key come together.
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

/// The texts of a list that are not empty.
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

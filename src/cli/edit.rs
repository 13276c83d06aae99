//! Changes to an object: fields to set, lists to replace, add to or take from, labels.
//!
//! A list is replaced without looking; adding and removing need the list as it is.

use super::error::CliError;
use clap::Args;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// What shall change.
#[derive(Debug, Default)]
pub(super) struct Patch {
    /// Fields with their new values.
    pub(super) fields: Map<String, Value>,
    /// Changes of lists.
    pub(super) lists: Vec<ListEdit>,
    /// Changes of labels.
    pub(super) labels: LabelEdit,
}

/// The change of one list.
#[derive(Debug)]
pub(super) struct ListEdit {
    field: &'static str,
    set: Vec<String>,
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
    pub(super) fn new(field: &'static str, set: &[String], add: &[String], remove: &[String]) -> Self {
        Self { field, set: set.to_vec(), add: add.to_vec(), remove: remove.to_vec() }
    }

    fn is_empty(&self) -> bool {
        self.set.is_empty() && self.add.is_empty() && self.remove.is_empty()
    }

    fn onto(&self, current: &Value) -> Result<Vec<String>, CliError> {
        if !self.set.is_empty() {
            return Ok(entries(&self.set));
        }
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
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.lists.iter().all(ListEdit::is_empty) && self.labels.is_empty()
    }

    /// Whether the object as it is must be known.
    pub(super) fn needs_current(&self) -> bool {
        let edits = self.lists.iter().any(|list| !list.add.is_empty() || !list.remove.is_empty());
        edits || !self.labels.is_empty()
    }

    /// The merge patch that makes the change on `current`.
    pub(super) fn onto(&self, current: &Value) -> Result<Map<String, Value>, CliError> {
        let mut patch = self.fields.clone();
        for list in self.lists.iter().filter(|list| !list.is_empty()) {
            patch.insert(list.field.to_owned(), json!(list.onto(current)?));
        }
        if !self.labels.is_empty() {
            patch.insert("labels".to_owned(), self.labels.onto(current)?);
        }
        Ok(patch)
    }
}

impl LabelEdit {
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
pub(super) fn labels(given: &[String]) -> Result<Labels, CliError> {
    let mut labels = Labels::new();
    for text in given.iter().filter(|text| !text.is_empty()) {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| CliError::Usage(format!("`{text}` is no label: write KEY=VALUE")))?;
        labels.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Ok(labels)
}

/// The entries of a list flag; an empty one stands for the empty list.
pub(super) fn entries(given: &[String]) -> Vec<String> {
    given.iter().filter(|text| !text.is_empty()).cloned().collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(list: &[&str]) -> Vec<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn lists_are_replaced_added_to_and_taken_from() {
        let current = json!({"names": ["a", "b"]});
        for (set, add, remove, expected) in [
            (&["x", "y"][..], &[][..], &[][..], Some(&["x", "y"][..])),
            (&[""], &[], &[], Some(&[])),
            (&[], &["c", "a"], &["b"], Some(&["a", "c"])),
            (&[], &[], &["z"], None),
        ] {
            let edit = ListEdit::new("names", &strings(set), &strings(add), &strings(remove));
            assert_eq!(edit.onto(&current).ok(), expected.map(strings), "{set:?} {add:?} {remove:?}");
        }
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

//! Compares two descriptions of the API. The new description must promise at least as much as the old one: the server
//! still accepts everything that a client of the old release sends, and its answers still have everything that this
//! client reads.
//!
//! These additions are allowed: paths, operations, optional parameters, optional fields of bodies, fields of answers,
//! statuses, and values of a closed list. Refusals (statuses from 400) are compared only if both descriptions have
//! them, because a refused request may succeed in the new release. A program cannot judge a changed pattern, so a new
//! or changed pattern of a request counts as a breach.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The writer of a text: a client or the server.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum By {
    Client,
    Server,
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// The named schemas that are being compared. They are not compared again, because a schema may contain itself.
    under_way: BTreeSet<(String, String, By)>,
    breaches: Vec<String>,
}

/// Lists the requests and answers of `old` that `new` breaks. Each breach is one line with its place.
pub fn breaches(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, under_way: BTreeSet::new(), breaches: Vec::new() };
    comparison.paths();
    comparison.breaches
}

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch"];
/// The upper bounds of texts, lists and numbers. If clients send the value, the new bound must not be smaller. The
/// bounds of values that the server sends are not compared.
const UPPER: &[&str] = &["maxLength", "maxItems", "maximum", "maxProperties"];
const LOWER: &[&str] = &["minLength", "minItems", "minimum", "minProperties"];

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Follows a reference. Returns the target, and its name if there was a reference.
fn resolved<'v>(document: &'v Value, value: &'v Value) -> (&'v Value, Option<&'v str>) {
    match value["$ref"].as_str() {
        Some(name) => {
            let found = document.pointer(name.trim_start_matches('#'));
            (found.unwrap_or_else(|| panic!("{name} leads nowhere")), Some(name))
        }
        None => (value, None),
    }
}

impl<'a> Comparison<'a> {
    fn tell(&mut self, place: &str, what: &str) {
        self.breaches.push(format!("{place}: {what}"));
    }

    fn paths(&mut self) {
        let (old, new) = (self.old, self.new);
        for (path, operations) in entries(&old["paths"]) {
            for (method, operation) in entries(operations).filter(|(key, _)| METHODS.contains(&key.as_str()))
            {
                let place = format!("{method} {path}");
                match &new["paths"][path][method] {
                    Value::Null => self.tell(&place, "is gone"),
                    found => self.operation(&place, operation, found),
                }
            }
        }
    }

    fn operation(&mut self, place: &str, old: &'a Value, new: &'a Value) {
        let key = |parameter: &Value| (parameter["in"].clone(), parameter["name"].clone());
        let all = |document: &'a Value, operation: &'a Value| {
            list(&operation["parameters"]).iter().map(|one| resolved(document, one).0).collect::<Vec<_>>()
        };
        let (before, after) = (all(self.old, old), all(self.new, new));
        for one in &before {
            let place = format!("{place}, parameter {}", one["name"]);
            match after.iter().find(|other| key(other) == key(one)) {
                None => self.tell(&place, "is gone"),
                Some(other) => self.schema(&place, &one["schema"], &other["schema"], By::Client),
            }
        }
        for one in after.iter().filter(|one| one["required"] == true) {
            if !before.iter().any(|other| key(other) == key(one) && other["required"] == true) {
                self.tell(&format!("{place}, parameter {}", one["name"]), "must be given now");
            }
        }
        let (before, after) = (&old["requestBody"], &new["requestBody"]);
        if after["required"] == true && before["required"] != true {
            self.tell(place, "a body must be given now");
        }
        self.contents(&format!("{place}, body"), before, after, By::Client);
        for (status, before) in entries(&old["responses"]) {
            let before = resolved(self.old, before).0;
            match (&new["responses"][status], status < &"400".to_owned()) {
                (Value::Null, true) => self.tell(place, &format!("is not answered with {status} any more")),
                (Value::Null, false) => {}
                (after, _) => {
                    let (after, place) = (resolved(self.new, after).0, format!("{place}, {status}"));
                    for (name, _) in entries(&before["headers"]) {
                        if after["headers"][name].is_null() {
                            self.tell(&place, &format!("the header {name} is gone"));
                        }
                    }
                    self.contents(&place, before, after, By::Server);
                }
            }
        }
    }

    fn contents(&mut self, place: &str, old: &'a Value, new: &'a Value, by: By) {
        for (media, content) in entries(&old["content"]) {
            match &new["content"][media] {
                Value::Null => self.tell(place, &format!("{media} is gone")),
                found => self.schema(place, &content["schema"], &found["schema"], by),
            }
        }
    }

    fn schema(&mut self, place: &str, old: &'a Value, new: &'a Value, by: By) {
        let ((old, old_name), (new, new_name)) = (resolved(self.old, old), resolved(self.new, new));
        if let (Some(one), Some(other)) = (old_name, new_name) {
            if !self.under_way.insert((one.to_owned(), other.to_owned(), by)) {
                return;
            }
            self.resolved_schema(place, old, new, by);
            self.under_way.remove(&(one.to_owned(), other.to_owned(), by));
        } else {
            self.resolved_schema(place, old, new, by);
        }
    }

    fn resolved_schema(&mut self, place: &str, old: &'a Value, new: &'a Value, by: By) {
        let (before, after) = (types(self.old, old), types(self.new, new));
        // The writer may only write types that the reader knows.
        let (written, read) = if by == By::Client { (&before, &after) } else { (&after, &before) };
        if !read.is_empty() && (written.is_empty() || !written.is_subset(read)) {
            self.tell(place, &format!("{before:?} has become {after:?}"));
            return;
        }
        let (one, other) = (alternatives(self.old, old), alternatives(self.new, new));
        if one.len() > 1 || other.len() > 1 || one.first() != Some(&old) || other.first() != Some(&new) {
            for one in one {
                self.alternative(place, one, &other, by);
            }
            return;
        }
        self.limits(place, old, new, by);
        if !old["items"].is_null() {
            self.schema(&format!("{place}[]"), &old["items"], &new["items"], by);
        }
        if old["additionalProperties"].is_object() {
            let (old, new) = (&old["additionalProperties"], &new["additionalProperties"]);
            self.schema(&format!("{place}.*"), old, new, by);
        }
        self.fields(place, old, new, by);
    }

    /// Compares one old form of a schema with the new forms. At least one new form must be compatible with the old
    /// form.
    fn alternative(&mut self, place: &str, old: &'a Value, new: &[&'a Value], by: By) {
        let tried = new.iter().map(|new| {
            let under_way = self.under_way.clone();
            let mut trial = Comparison { old: self.old, new: self.new, under_way, breaches: Vec::new() };
            trial.schema(place, old, new, by);
            trial.breaches
        });
        match tried.min_by_key(Vec::len) {
            Some(breaches) => self.breaches.extend(breaches),
            None => self.tell(place, "has no such form any more"),
        }
    }

    fn fields(&mut self, place: &str, old: &'a Value, new: &'a Value, by: By) {
        for (name, field) in entries(&old["properties"]) {
            match &new["properties"][name] {
                Value::Null if by == By::Client && new["additionalProperties"] != false => {}
                Value::Null => self.tell(&format!("{place}.{name}"), "is gone"),
                found => self.schema(&format!("{place}.{name}"), field, found, by),
            }
        }
        let (before, after) = (list(&old["required"]), list(&new["required"]));
        let (more, than, what) = match by {
            By::Client => (after, before, "must be given now"),
            By::Server => (before, after, "may be missing now"),
        };
        for name in more.iter().filter(|name| !than.contains(name)) {
            self.tell(&format!("{place}.{}", name.as_str().unwrap_or_default()), what);
        }
    }

    fn limits(&mut self, place: &str, old: &Value, new: &Value, by: By) {
        for value in list(&old["enum"]) {
            if new["enum"].is_array() && !list(&new["enum"]).contains(value) {
                self.tell(place, &format!("{value} is not among the values any more"));
            }
        }
        if by == By::Client && old["enum"].is_null() && new["enum"].is_array() {
            self.tell(place, "has only some values now");
        }
        if new["format"] != old["format"] {
            self.tell(place, &format!("the format {} has become {}", old["format"], new["format"]));
        }
        if by == By::Server {
            return;
        }
        for key in ["pattern", "uniqueItems"].into_iter().filter(|key| !new[key].is_null()) {
            if new[key] != old[key] {
                self.tell(place, &format!("{key} {} has become {}", old[key], new[key]));
            }
        }
        for (keys, sign) in [(UPPER, 1.0), (LOWER, -1.0)] {
            for key in keys {
                let (before, after) = (old[key].as_f64(), new[key].as_f64());
                if after.is_some_and(|after| before.is_none_or(|before| sign * after < sign * before)) {
                    self.tell(place, &format!("{key} {} has become {}", old[key], new[key]));
                }
            }
        }
        if new["additionalProperties"] == false && old["additionalProperties"] != false {
            self.tell(place, "takes no other fields now");
        }
    }
}

/// Returns the JSON types that a schema allows. The result is empty if the schema names no type.
fn types<'v>(document: &'v Value, schema: &'v Value) -> BTreeSet<&'v str> {
    let schema = resolved(document, schema).0;
    let forms = [&schema["oneOf"], &schema["anyOf"]].into_iter().flat_map(list);
    let own = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    };
    forms.flat_map(|form| types(document, form)).chain(own).collect()
}

/// Returns the alternative forms of a schema. Leaves out the form `null`, because [`types`] returns `null`.
fn alternatives<'v>(document: &'v Value, schema: &'v Value) -> Vec<&'v Value> {
    let forms: Vec<&Value> = [&schema["oneOf"], &schema["anyOf"]].into_iter().flat_map(list).collect();
    if forms.is_empty() {
        return vec![schema];
    }
    forms.into_iter().filter(|form| types(document, form) != BTreeSet::from(["null"])).collect()
}

//! Finds the line that sets a field of an endpoint in the registry's file, and writes the fixes that name this
//! line.

use super::endpoint::Endpoint;
use crate::doctor::registry::file::{RegistryFile, read};
use serde_json::Value;

/// Returns the number of the line that sets a field of an endpoint. `pointer` is the path of the field below the
/// endpoint. Tries each line that contains the key: renames the key there (`url` to `not-url`), and returns the
/// line if the field is then no longer set.
fn line_of(text: &str, index: usize, key: &str, pointer: &str) -> Option<usize> {
    let pointer = format!("/notifications/endpoints/{index}/{pointer}");
    read(text).ok()?.pointer(&pointer)?;
    let sets = |start: usize| {
        let (before, after) = text.split_at_checked(start)?;
        let rest = after.get(key.len()..)?.trim_start_matches(['"', '\'', ' ']);
        rest.starts_with(':').then_some(())?;
        let root = read(&format!("{before}not-{after}")).ok()?;
        root.pointer(&pointer).is_none().then(|| before.matches('\n').count() + 1)
    };
    text.match_indices(key).find_map(|(start, _)| sets(start))
}

fn of_endpoint(file: &RegistryFile, endpoint: &Endpoint, written: &str, line: Option<usize>) -> String {
    let line = line.map_or(String::new(), |number| format!(" (line {number})"));
    // A backtick in the line would end the part that people paste.
    let (written, path) = (written.replace('`', r"\u0060"), file.path.display());
    let name = endpoint.name.replace('`', "'");
    format!(
        "`{written}` under notifications.endpoints, endpoint {name}, in {path}{line}; then restart the registry"
    )
}

/// Returns the fix that sets one field of an endpoint. A text value is quoted.
pub(super) fn set(file: &RegistryFile, endpoint: &Endpoint, field: &str, value: impl Into<Value>) -> String {
    let line = line_of(file.text(), endpoint.index, field, field);
    of_endpoint(file, endpoint, &format!("{field}: {}", value.into()), line)
}

/// Returns the fix that sets the header with the key.
pub(super) fn set_header(file: &RegistryFile, endpoint: &Endpoint, value: &str) -> String {
    let name = endpoint.key_header();
    let line = line_of(file.text(), endpoint.index, name, &format!("headers/{name}"));
    let written = format!("{name}: [{}]", Value::from(value));
    match line {
        None if endpoint.has_headers() => {
            format!("in the headers of the endpoint, {}", of_endpoint(file, endpoint, &written, None))
        }
        None => of_endpoint(file, endpoint, &format!("headers: {{{written}}}"), None),
        Some(_) => of_endpoint(file, endpoint, &written, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_is_named_sets_the_field_of_the_endpoint() {
        let text = "http: {url: x}\nnotifications:\n  endpoints:\n    - name: a\n      url: x\n    - url: y\n      headers:\n        Authorization: [z]\n";
        for (index, key, pointer, expected) in [
            (0, "url", "url", Some(5)),
            (1, "url", "url", Some(6)),
            (1, "Authorization", "headers/Authorization", Some(8)),
            (0, "Authorization", "headers/Authorization", None),
            (0, "timeout", "timeout", None),
        ] {
            assert_eq!(line_of(text, index, key, pointer), expected, "{index} {key}");
        }
    }
}

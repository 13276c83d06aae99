//! Writes JSON values as YAML in block form.
//!
//! Strings get quotes, unless every YAML reader takes the plain text for a string.

use serde_json::Value;

/// Writes a value as a YAML document.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(fields) if !fields.is_empty() => block(value, 0, &mut text),
        Value::Array(items) if !items.is_empty() => block(value, 0, &mut text),
        other => {
            text.push_str(&scalar(other));
            text.push('\n');
        }
    }
    text
}

/// Writes one field of an object at the beginning of a line.
pub(super) fn field(name: &str, value: &Value, text: &mut String) {
    text.push_str(&format!("{}:", string(name)));
    after_key(value, 0, text);
}

fn block(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                text.push_str(&format!("{indent}{}:", string(name)));
                after_key(value, depth, text);
            }
        }
        Value::Array(items) => {
            for item in items {
                let mut inner = String::new();
                let nested = is_nested(item);
                if nested {
                    block(item, depth + 1, &mut inner);
                }
                text.push_str(&format!("{indent}- "));
                if nested {
                    text.push_str(inner.trim_start_matches(' '));
                } else {
                    text.push_str(&format!("{}\n", scalar(item)));
                }
            }
        }
        other => text.push_str(&format!("{indent}{}\n", scalar(other))),
    }
}

fn after_key(value: &Value, depth: usize, text: &mut String) {
    if is_nested(value) {
        text.push('\n');
        block(value, depth + 1, text);
    } else {
        text.push_str(&format!(" {}\n", scalar(value)));
    }
}

fn is_nested(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        other => other.to_string(),
    }
}

/// Writes a string as plain text if that is safe, and otherwise in the quotes of JSON, which YAML accepts.
pub(super) fn string(text: &str) -> String {
    let first = text.chars().next();
    let is_word = first.is_some_and(|c| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./@+".contains(c));
    let reserved = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let is_reserved = reserved.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_word && !is_reserved { text.to_owned() } else { serde_json::to_string(text).unwrap_or_default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_become_blocks_and_doubtful_words_are_quoted() {
        let value = json!([
            {"name": "alice", "labels": {"team": ["web", "no"]}, "groups": [], "at": null},
            [1, [2]],
            "user:bob",
            "",
            {},
        ]);
        assert_eq!(
            text(&value),
            "- at: null\n  groups: []\n  labels:\n    team:\n      - web\n      - \"no\"\n  name: alice\n\
             - - 1\n  - - 2\n- \"user:bob\"\n- \"\"\n- {}\n"
        );
        assert_eq!(text(&json!({})), "{}\n");
    }
}

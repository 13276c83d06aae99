//! Texts that may come from anywhere, made safe to show: characters that act on a terminal become escapes.

use crate::domain::unseen::is_active;

/// A text as it is safe to show in one line of a terminal.
pub(super) fn clean(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_active(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A JSON or YAML text as it is safe to show: in it such characters are only in strings, where `\uXXXX` means the
/// same.
pub(super) fn escape_json(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_active(character) && character != '\n' {
            safe.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            safe.push(character);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn active_characters_in_json_are_escaped_and_mean_the_same() {
        let value = json!("a\u{7f}\u{9b}\u{202e}b\u{1b}");
        let text = escape_json(&serde_json::to_string_pretty(&value).unwrap());
        assert!(!text.chars().any(is_active), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}

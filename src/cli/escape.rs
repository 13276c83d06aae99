//! Makes untrusted texts safe to show: replaces the characters that act on a terminal with escapes.

use crate::domain::unseen::is_active;

/// Escapes the characters of a text that a terminal would act on, for output in one line.
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

/// Escapes the characters of a JSON or YAML text that a terminal would act on, except line breaks. Such
/// characters occur only inside strings, where `\uXXXX` has the same meaning.
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

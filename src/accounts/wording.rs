//! Rewords serde's error about a value, for the people who wrote the value.

/// Returns a message that says what a value must be, instead of naming a type of this program. Returns the message
/// itself if there is no better one.
pub(super) fn plain(message: &str) -> String {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let Some((found, expected)) = rest.and_then(|rest| rest.rsplit_once(", expected ")) else {
        return message.to_owned();
    };
    let text = found.strip_prefix("string \"").and_then(|text| text.strip_suffix('"'));
    let is_number = found.starts_with("integer ") || found.starts_with("floating point ");
    let what = match (text, found.split_once(' ')) {
        (Some(text), _) => format!("the text `{text}`"),
        (None, Some(("boolean", value))) => value.to_owned(),
        (None, Some((_, value))) if is_number => format!("the number {}", value.trim_start_matches("point ")),
        _ if found == "sequence" => "a list".to_owned(),
        _ if found == "map" => "a mapping".to_owned(),
        _ if matches!(found, "null" | "unit value") => "null".to_owned(),
        _ => return message.to_owned(),
    };
    let wanted = match expected {
        "a sequence" => "a list",
        "a boolean" => "`true` or `false`",
        "a string" => "a text",
        "a map" => "a mapping",
        "i32" => "a whole number from -2,147,483,648 to 2,147,483,647",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not below 0",
        "i64" => "a whole number",
        _ if expected.starts_with("struct ") => "a mapping",
        _ => return message.to_owned(),
    };
    let instead = match (expected, text) {
        ("a sequence", Some(text)) => format!(": write `[\"{text}\"]`"),
        ("a string", None) if is_number || found.starts_with("boolean ") => ": put it in quotes".to_owned(),
        _ => String::new(),
    };
    format!("must be {wanted}, and is {what}{instead}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    #[derive(Debug, Deserialize)]
    struct Sample {
        _list: Option<Vec<String>>,
        _number: Option<i32>,
        _switch: Option<bool>,
        _text: Option<String>,
    }

    #[test]
    fn no_type_of_the_program_is_named() {
        for (value, expected) in [
            (
                json!({"_list": "everyone"}),
                "must be a list, and is the text `everyone`: write `[\"everyone\"]`",
            ),
            (json!({"_list": {"a": 1}}), "must be a list, and is a mapping"),
            (
                json!({"_number": "high"}),
                "must be a whole number from -2,147,483,648 to 2,147,483,647, and is the text `high`",
            ),
            (
                json!({"_number": 99_999_999_999_i64}),
                "must be a whole number from -2,147,483,648 to 2,147,483,647, and is the number `99999999999`",
            ),
            (json!({"_switch": "yes"}), "must be `true` or `false`, and is the text `yes`"),
            (json!({"_text": 5}), "must be a text, and is the number `5`: put it in quotes"),
            (json!({"_text": true}), "must be a text, and is `true`: put it in quotes"),
            (json!([1]), "must be a mapping, and is a list"),
        ] {
            let error = match value {
                // serde reads a list as the values of the fields, in their order. No file uses a list in this way, so
                // the error is written here by hand.
                Value::Array(_) => plain("invalid type: sequence, expected struct Sample"),
                value => plain(&serde_json::from_value::<Sample>(value).unwrap_err().to_string()),
            };
            assert_eq!(error, expected);
        }
    }
}

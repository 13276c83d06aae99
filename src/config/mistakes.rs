//! Explains faults in a line of the settings file, and suggests the line to write.

use super::values;

/// The type of a key's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    List,
    Number,
    /// A boolean: `true` or `false`.
    Truth,
}

/// The keys of the settings file, each with the type of its value.
pub(super) const KEYS: [(&str, Holds); 27] = [
    ("listen", Holds::Text),
    ("database_url", Holds::Text),
    ("events_database_url", Holds::Text),
    ("events_keep", Holds::List),
    ("keys_dir", Holds::Text),
    ("issuer", Holds::Text),
    ("services", Holds::List),
    ("realm", Holds::Text),
    ("public_url", Holds::Text),
    ("trusted_proxies", Holds::List),
    ("throttle_exempt", Holds::List),
    ("token_paths", Holds::List),
    ("cors_origins", Holds::List),
    ("identity_hosts", Holds::List),
    ("registry_hosts", Holds::List),
    ("max_token_bytes", Holds::Number),
    ("max_connections", Holds::Number),
    ("internal_listen", Holds::Text),
    ("console", Holds::Text),
    ("max_staleness", Holds::Number),
    ("shared_secrets", Holds::Truth),
    ("tls_cert", Holds::Text),
    ("tls_key", Holds::Text),
    ("tls_client_ca", Holds::Text),
    ("tls_client_auth", Holds::Text),
    ("log", Holds::Text),
    ("log_format", Holds::Text),
];
const QUOTES: [char; 2] = ['"', '\''];

/// Explains the fault of `line`, which the TOML parser refuses with the message `complaint`. Returns
/// `complaint` if the fault is not a known mistake.
pub(super) fn explain(line: &str, complaint: &str) -> String {
    let line = line.trim();
    if let Some(key) = complaint.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        let known: Vec<String> = KEYS.iter().map(|(key, _)| format!("`{key}`")).collect();
        return format!("`{key}` is not a setting: the settings are {}", known.join(", "));
    }
    let parts = line.split_once(['=', ':']).map(|(key, value)| (key.trim(), uncommented(value)));
    let known = parts.and_then(|(key, value)| {
        KEYS.iter().find(|(known, _)| *known == key).map(|(_, holds)| (key, value, *holds))
    });
    let Some((key, value, holds)) = known.filter(|_| !complaint.starts_with("duplicate key")) else {
        return complaint.to_owned();
    };
    if value.is_empty() {
        return format!("`{key}` has no value: write one, or remove the line");
    }
    if !line.get(key.len()..).is_some_and(|rest| rest.trim_start().starts_with('=')) {
        return match value_of(key, holds, value) {
            Some(value) => format!("write `=` and not `:`: `{key} = {value}`"),
            None => "write `=` and not `:`".to_owned(),
        };
    }
    let write = value_of(key, holds, value).map(|value| format!("write `{key} = {value}`"));
    match (holds, write) {
        (Holds::Text, _) if value.starts_with('[') => {
            format!("`{key}` is one value: write it without `[` and `]`")
        }
        (Holds::Text, Some(write)) if !value.starts_with(QUOTES) => format!("strings need quotes: {write}"),
        (Holds::List, Some(write)) if !value.starts_with('[') => format!("`{key}` is a list: {write}"),
        (Holds::List, Some(write)) if value.ends_with(']') && !value.contains(QUOTES) => {
            format!("strings need quotes: {write}")
        }
        (Holds::Number, Some(write)) => format!("`{key}` is a whole number: {write}"),
        (Holds::Number, None) => match out_of_range(key, value) {
            Some(range) => format!("`{key}` is a whole number: {range}"),
            None => complaint.to_owned(),
        },
        (Holds::Truth, Some(write)) => format!("`{key}` is `true` or `false`: {write}"),
        (Holds::Truth, None) => format!("`{key}` is `true` or `false`: write one of these"),
        _ => complaint.to_owned(),
    }
}

/// Returns the value as TOML would write it, if it is clear what the value means.
fn value_of(key: &str, holds: Holds, value: &str) -> Option<String> {
    let plain = value.trim_matches(QUOTES);
    match holds {
        // The value may contain a password, which must not appear in messages.
        Holds::Text if matches!(key, "database_url" | "events_database_url") && plain.contains('@') => {
            Some("\"…\"".to_owned())
        }
        Holds::Text => Some(quoted(plain)),
        Holds::List => {
            let parts = value.trim_matches(['[', ']']).split(',');
            let items = parts.map(|one| one.trim().trim_matches(QUOTES).trim()).filter(|one| !one.is_empty());
            let list: Vec<String> = items.map(quoted).collect();
            (!list.is_empty()).then(|| format!("[{}]", list.join(", ")))
        }
        // TOML refuses leading zeros, so they are removed.
        Holds::Number => {
            let number: u32 = plain.parse().ok().filter(|_| out_of_range(key, plain).is_none())?;
            Some(number.to_string())
        }
        Holds::Truth => match plain.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some("true".to_owned()),
            "false" | "no" | "off" | "0" => Some("false".to_owned()),
            _ => None,
        },
    }
}

/// Returns the error if a text is not a number in the range that the key allows.
fn out_of_range(key: &str, text: &str) -> Option<String> {
    match key {
        "max_token_bytes" => values::token_bytes(text).err(),
        "max_connections" => values::connections(text).err(),
        _ => values::seconds(text).err(),
    }
}

/// Removes the comment after a value. Outside quotes, a `#` begins a comment only after a space, a quote or `]`,
/// because a URL without quotes may contain `#`.
fn uncommented(text: &str) -> &str {
    let text = text.trim();
    let (mut within, mut before) = (None, ' ');
    for (at, sign) in text.char_indices() {
        match within {
            Some(quote) if sign == quote => within = None,
            None if QUOTES.contains(&sign) => within = Some(sign),
            None if sign == '#' && (before.is_whitespace() || QUOTES.contains(&before) || before == ']') => {
                return text.get(..at).unwrap_or(text).trim_end();
            }
            _ => {}
        }
        before = sign;
    }
    text
}

/// Writes a text as a TOML string.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::explain;
    use toml::Table;

    /// Explains a refused line. Returns the message, and the line that the message suggests.
    fn suggested(line: &str) -> (String, Option<String>) {
        let told = explain(line, "the complaint");
        let text = told.rsplit('`').nth(1).filter(|text| text.contains(" = ")).map(str::to_owned);
        (told, text)
    }

    #[test]
    fn each_suggested_line_is_toml_and_means_the_same() {
        for (line, meant) in [
            (
                "trusted_proxies = \"10.0.0.0/8, 10.1.0.0/16\"",
                "trusted_proxies = ['10.0.0.0/8', '10.1.0.0/16']",
            ),
            ("services = \"a\", 'b' # two", "services = ['a', 'b']"),
            ("services = a, b,", "services = ['a', 'b']"),
            ("services = [a, b] # two", "services = ['a', 'b']"),
            ("services: a, b", "services = ['a', 'b']"),
            ("realm = http://a/token # main", "realm = 'http://a/token'"),
            ("realm = http://a/token#x=1", "realm = 'http://a/token#x=1'"),
            ("realm: http://a/token?b=c", "realm = 'http://a/token?b=c'"),
            ("keys_dir = C:\\keys\\a\"b", "keys_dir = 'C:\\keys\\a\"b'"),
            ("listen: '127.0.0.1:5007' # here", "listen = '127.0.0.1:5007'"),
            ("shared_secrets = no", "shared_secrets = false"),
            ("shared_secrets = \"Off\"", "shared_secrets = false"),
            ("shared_secrets = 0", "shared_secrets = false"),
            ("shared_secrets = yes # please", "shared_secrets = true"),
            ("shared_secrets: on", "shared_secrets = true"),
            ("shared_secrets = 1", "shared_secrets = true"),
            ("max_staleness = \"5\"", "max_staleness = 5"),
            ("max_staleness = 005", "max_staleness = 5"),
            ("max_staleness: 5 # seconds", "max_staleness = 5"),
        ] {
            let (told, text) = suggested(line);
            let text = text.unwrap_or_else(|| panic!("{line}: {told}"));
            let parsed: Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{told}: {error}"));
            assert_eq!(parsed, toml::from_str::<Table>(meant).unwrap(), "{line}: {told}");
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for line in ["database_url = postgres://p:s3cret@db/p", "database_url: 'postgres://p:s3cret@db/p'"] {
            let (told, _) = suggested(line);
            assert!(!told.contains("s3cret") && told.contains("database_url"), "{told}");
        }
    }

    #[test]
    fn where_it_is_not_clear_what_was_meant_no_line_is_suggested() {
        for (line, part) in [
            ("shared_secrets = maybe", "`true` or `false`"),
            ("max_staleness = 5000000000", "from 0 to 86400"),
            ("max_staleness = -1", "from 0 to 86400"),
            ("max_connections = 5000000000", " to "),
            ("max_token_bytes = 5.5", " to "),
            ("services = ,", "the complaint"),
            ("realm = # nothing", "has no value"),
        ] {
            let (told, text) = suggested(line);
            assert!(told.contains(part) && text.is_none(), "{line}: {told}");
        }
        let twice = "duplicate key";
        assert_eq!(explain("max_staleness = 5", twice), twice);
    }
}

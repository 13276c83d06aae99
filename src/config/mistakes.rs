//! What is wrong with a line of the settings file, in the words of the file.

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    List,
    Number,
}

/// The keys of the file, each with what it holds.
pub(super) const KEYS: [(&str, Holds); 20] = [
    ("listen", Holds::Text),
    ("database_url", Holds::Text),
    ("keys_dir", Holds::Text),
    ("issuer", Holds::Text),
    ("services", Holds::List),
    ("realm", Holds::Text),
    ("trusted_proxies", Holds::List),
    ("throttle_exempt", Holds::List),
    ("token_paths", Holds::List),
    ("cors_origins", Holds::List),
    ("max_token_bytes", Holds::Number),
    ("max_connections", Holds::Number),
    ("internal_listen", Holds::Text),
    ("max_staleness", Holds::Number),
    ("tls_cert", Holds::Text),
    ("tls_key", Holds::Text),
    ("tls_client_ca", Holds::Text),
    ("tls_client_auth", Holds::Text),
    ("log", Holds::Text),
    ("log_format", Holds::Text),
];
const QUOTES: [char; 2] = ['"', '\''];

/// What is wrong with `line`, which the parser refuses with `complaint`.
pub(super) fn explain(line: &str, complaint: &str) -> String {
    let line = line.trim();
    if let Some(key) = complaint.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        let known: Vec<String> = KEYS.iter().map(|(key, _)| format!("`{key}`")).collect();
        return format!("`{key}` is not a setting: there are {}", known.join(", "));
    }
    let Some((key, value)) = line.split_once('=').map(|(key, value)| (key.trim(), value.trim())) else {
        return match line.split_once(':') {
            Some((key, value)) if is_key(key.trim()) => {
                format!("write `=` and not `:`: `{} = {}`", key.trim(), quoted(value.trim()))
            }
            _ => complaint.to_owned(),
        };
    };
    let Some((_, holds)) = KEYS.iter().find(|(known, _)| *known == key) else {
        return complaint.to_owned();
    };
    if value.is_empty() {
        return format!("`{key}` has no value: write one, or remove the line");
    }
    let is_quoted = value.starts_with(QUOTES);
    match holds {
        Holds::Text if value.starts_with('[') => {
            format!("`{key}` is one value: write it without `[` and `]`")
        }
        Holds::Text if !is_quoted => format!("strings need quotes: write `{key} = {}`", quoted(value)),
        Holds::List if !value.starts_with('[') => {
            let list: Vec<String> = value.split(',').map(|one| quoted(one.trim())).collect();
            format!("`{key}` is a list: write `{key} = [{}]`", list.join(", "))
        }
        Holds::List if value.ends_with(']') && !value.contains(QUOTES) => {
            let inner = value.trim_matches(['[', ']']);
            let list: Vec<String> = inner.split(',').map(|one| quoted(one.trim())).collect();
            format!("strings need quotes: write `{key} = [{}]`", list.join(", "))
        }
        Holds::Number => format!("`{key}` is a whole number: write it like `{key} = 300`"),
        _ => complaint.to_owned(),
    }
}

fn is_key(text: &str) -> bool {
    KEYS.iter().any(|(key, _)| *key == text)
}

/// A value in quotes, which it may have already.
fn quoted(value: &str) -> String {
    if value.starts_with(QUOTES) { value.to_owned() } else { format!("\"{value}\"") }
}

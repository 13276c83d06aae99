//! The registry's own configuration: distribution's YAML, or zot's JSON.

use super::finding::Finding;
use crate::domain::yaml_nesting::check_yaml_nesting;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// How many lists and mappings of a registry's configuration may be within each other.
const DEEPEST: usize = 64;

/// Where tokens come from and what is believed, as the file says it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct TokenAuth {
    pub(super) realm: String,
    pub(super) service: String,
    /// zot has none.
    pub(super) issuer: Option<String>,
    /// `rootcertbundle`, or zot's `cert`.
    pub(super) bundle: Option<PathBuf>,
    pub(super) jwks: Option<PathBuf>,
    /// Empty: all that this release knows.
    pub(super) algorithms: Vec<String>,
    pub(super) autoredirect: bool,
}

/// What clients read of a text that distribution puts into its challenge.
// INTEROP: distribution writes it as Go's `%q` does, clients take away one backslash before any character.
fn as_read(text: &str) -> String {
    let one = |character: char| match character {
        '\u{7}' => "a".to_owned(),
        '\u{8}' => "b".to_owned(),
        '\u{b}' => "v".to_owned(),
        '\u{c}' => "f".to_owned(),
        '\t' => "t".to_owned(),
        '\n' => "n".to_owned(),
        '\r' => "r".to_owned(),
        _ if u32::from(character) < 0x20 || character == '\u{7f}' => format!("x{:02x}", u32::from(character)),
        ' ' => " ".to_owned(),
        _ if character.is_whitespace() || character.is_control() || !is_printed(character) => {
            format!("u{:04x}", u32::from(character))
        }
        _ => character.to_string(),
    };
    text.chars().map(one).collect()
}

/// Whether Go prints a character as it is; spaces are decided elsewhere.
fn is_printed(character: char) -> bool {
    !matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

impl TokenAuth {
    /// Whether the registry shows this realm when it runs with the file.
    pub(super) fn shows(&self, realm: &str) -> bool {
        self.realm == realm || as_read(&self.realm) == realm
    }

    /// What it says of a field.
    fn field(&self, name: &str) -> Option<&str> {
        match name {
            "realm" => Some(&self.realm),
            "service" => Some(&self.service),
            "issuer" => self.issuer.as_deref(),
            "autoredirect" => self.autoredirect.then_some("true"),
            "rootcertbundle" => self.bundle.as_deref().and_then(Path::to_str),
            _ => None,
        }
    }
}

/// How the registry authenticates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Auth {
    Nothing,
    Token(TokenAuth),
    /// By another name: `htpasswd`, `silly`.
    Other(String),
}

/// The file.
#[derive(Debug)]
pub(super) struct RegistryFile {
    pub(super) path: PathBuf,
    text: String,
    pub(super) is_zot: bool,
    pub(super) auth: Auth,
    /// Fields without which it does not start, and what is in their place.
    pub(super) unfit: Vec<(&'static str, Option<String>)>,
}

impl RegistryFile {
    /// Reads the text of a file; the finding says why it is none.
    pub(super) fn parse(path: &Path, text: String) -> Result<Self, Finding> {
        let broken = |why: String| {
            Finding::problem(
                "config",
                format!("`{}` is not a configuration of a registry: {why}", path.display()),
                "a registry does not start with it",
            )
            .fix("give the file that the registry is started with")
        };
        let root = read(&text).map_err(broken)?;
        let is_zot = root.pointer("/http/port").is_some() || root.get("distSpecVersion").is_some();
        if root.get("http").is_none() && root.get("storage").is_none() && root.get("auth").is_none() {
            return Err(broken("it has neither `auth` nor `http` nor `storage`".to_owned()));
        }
        let auth = if is_zot { of_zot(&root) } else { of_distribution(&root).map_err(broken)? };
        let unfit = if is_zot { Vec::new() } else { unfit(&root, &text) };
        Ok(Self { path: path.to_owned(), text, is_zot, auth, unfit })
    }

    /// What it says about tokens.
    pub(super) fn token(&self) -> Option<&TokenAuth> {
        match &self.auth {
            Auth::Token(token) => Some(token),
            _ => None,
        }
    }

    /// A path in it, which is relative to where the registry is started: taken for the folder of the
    /// file, if it is there.
    pub(super) fn resolve(&self, path: &Path) -> PathBuf {
        let beside = self.path.parent().map(|folder| folder.join(path));
        beside.filter(|beside| beside.exists()).unwrap_or_else(|| path.to_owned())
    }

    fn says(&self, field: &str, value: &str) -> bool {
        self.token().and_then(|token| token.field(field)) == Some(value)
    }

    /// The number of the line that sets a field: with another key there, the file says it no more.
    fn line_of(&self, field: &str) -> Option<usize> {
        let said = self.token()?.field(field)?;
        let key = if field == "rootcertbundle" && self.is_zot { "cert" } else { field };
        let sets = |start: usize| {
            let (before, after) = self.text.split_at_checked(start)?;
            let rest = after.get(key.len()..)?.trim_start_matches(['"', '\'', ' ']);
            rest.starts_with(':').then_some(())?;
            let root = read(&format!("{before}not-{after}")).ok()?;
            let auth = if self.is_zot { of_zot(&root) } else { of_distribution(&root).ok()? };
            let still = matches!(&auth, Auth::Token(token) if token.field(field) == Some(said));
            (!still).then(|| before.matches('\n').count() + 1)
        };
        self.text.match_indices(key).find_map(|(start, _)| sets(start))
    }
}

/// YAML, and so JSON, with what `<<` merges.
// INTEROP: distribution's YAML library applies merge keys.
pub(super) fn read(text: &str) -> Result<Value, String> {
    check_yaml_nesting(text, DEEPEST).map_err(|fault| format!("line {}: {fault}", fault.line()))?;
    let mut root: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    root.apply_merge().map_err(|error| error.to_string())?;
    serde_json::to_value(root).map_err(|error| error.to_string())
}

/// A text in YAML and in JSON, without what would end the part of a fix that is to be pasted.
fn text_of(value: &str) -> String {
    Value::from(value).to_string().replace('`', r"\u0060")
}

/// How a file comes into force where the environment may override it: distribution's does.
pub(super) fn without_variables(file: &RegistryFile, fields: &[&str]) -> String {
    if file.is_zot {
        return String::new();
    }
    let names: Vec<String> = fields.iter().map(|field| format!("REGISTRY_AUTH_TOKEN_{field}")).collect();
    format!(" after `unset {}`", names.join(" "))
}

/// What to write where: one line of the registry's configuration.
pub(super) fn line(file: Option<&RegistryFile>, field: &str, value: &str) -> String {
    let quoted = text_of(value);
    let Some(file) = file else {
        return format!(
            "`{field}: {quoted}` under auth.token in the registry's configuration; then restart the registry"
        );
    };
    let path = file.path.display();
    if file.says(field, value) {
        let variable = without_variables(file, &[&field.to_uppercase()]);
        return format!("restart the registry{variable}: {path} has `{field}: {quoted}` already");
    }
    set(file, field, value)
}

/// The same, whatever the file says already.
pub(super) fn set(file: &RegistryFile, field: &str, value: &str) -> String {
    let (quoted, path) = (text_of(value), file.path.display());
    let place = file.line_of(field).map_or(String::new(), |number| format!(" (line {number})"));
    let field = if file.is_zot && field == "rootcertbundle" { "cert" } else { field };
    if file.is_zot {
        return format!(
            "`\"{field}\": {quoted}` under http.auth.bearer in {path}{place}; then restart the registry"
        );
    }
    format!("`{field}: {quoted}` under auth.token in {path}{place}; then restart the registry")
}

/// How a field that is true is made false.
pub(super) fn off(file: &RegistryFile, field: &str) -> String {
    let place = file.line_of(field).map_or(String::new(), |number| format!(" (line {number})"));
    format!("`{field}: false` under auth.token in {}{place}", file.path.display())
}

/// The fields of the token section that must be texts, and are none for the registry.
// INTEROP: distribution's library reads YAML 1.1, in which `yes` and the like are not texts.
fn unfit(root: &Value, text: &str) -> Vec<(&'static str, Option<String>)> {
    let Some(token) = root.pointer("/auth/token").filter(|token| token.is_object()) else {
        return Vec::new();
    };
    let boolean = |value: &str| {
        let is_one = matches!(value.to_ascii_lowercase().as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
        let bare = |line: &str| {
            let (_, after) = line.split_once(':')?;
            Some(after.split('#').next()?.trim() == value)
        };
        is_one && text.lines().any(|line| bare(line) == Some(true))
    };
    let fields = ["realm", "issuer", "service", "rootcertbundle"].into_iter();
    let needed = fields.filter(|field| *field != "rootcertbundle" || token.get("jwks").is_none());
    let unfit = needed.filter_map(|field| match token.get(field) {
        Some(Value::String(value)) if !boolean(value) => None,
        Some(Value::String(value)) => Some((field, Some(value.clone()))),
        None | Some(Value::Null) => Some((field, None)),
        Some(other) => Some((field, Some(other.to_string()))),
    });
    unfit.collect()
}

fn text(value: &Value, name: &str) -> Option<String> {
    match value.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn of_distribution(root: &Value) -> Result<Auth, String> {
    let Some(auth) = root.get("auth").filter(|auth| !auth.is_null()) else { return Ok(Auth::Nothing) };
    // SPEC: distribution's `auth: token` in short for a kind without parameters.
    if let Some(kind) = auth.as_str() {
        return Ok(Auth::Other(kind.to_owned()));
    }
    let kinds = auth.as_object().ok_or("`auth` is not a section")?;
    let Some(token) = kinds.get("token") else {
        return Ok(kinds.keys().next().map_or(Auth::Nothing, |kind| Auth::Other(kind.clone())));
    };
    let list = |name: &str| token.get(name).and_then(Value::as_array).into_iter().flatten();
    Ok(Auth::Token(TokenAuth {
        realm: text(token, "realm").unwrap_or_default(),
        service: text(token, "service").unwrap_or_default(),
        issuer: Some(text(token, "issuer").unwrap_or_default()),
        bundle: text(token, "rootcertbundle").map(PathBuf::from),
        jwks: text(token, "jwks").map(PathBuf::from),
        algorithms: list("signingalgorithms").filter_map(Value::as_str).map(str::to_owned).collect(),
        autoredirect: token.get("autoredirect").and_then(Value::as_bool).unwrap_or_default(),
    }))
}

fn of_zot(root: &Value) -> Auth {
    let Some(auth) = root.pointer("/http/auth") else { return Auth::Nothing };
    let Some(bearer) = auth.get("bearer") else {
        let kind = auth.as_object().and_then(|kinds| kinds.keys().next().cloned());
        return kind.map_or(Auth::Nothing, Auth::Other);
    };
    Auth::Token(TokenAuth {
        realm: text(bearer, "realm").unwrap_or_default(),
        service: text(bearer, "service").unwrap_or_default(),
        bundle: text(bearer, "cert").map(PathBuf::from),
        ..TokenAuth::default()
    })
}

#[cfg(test)]
#[path = "registry_file_tests.rs"]
mod tests;

//! Reads the registry's own configuration: distribution's YAML, or zot's JSON. Writes the fixes that change its
//! lines.

use crate::doctor::report::finding::Finding;
use crate::domain::yaml_nesting::check_yaml_nesting;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The greatest nesting depth of lists and mappings in a registry's configuration.
const DEEPEST: usize = 64;

/// The token section of a registry's configuration.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(in crate::doctor) struct TokenAuth {
    pub(in crate::doctor) realm: String,
    pub(in crate::doctor) service: String,
    /// The issuer; zot's configuration has none.
    pub(in crate::doctor) issuer: Option<String>,
    /// The file of `rootcertbundle`, or of zot's `cert`.
    pub(in crate::doctor) bundle: Option<PathBuf>,
    pub(in crate::doctor) jwks: Option<PathBuf>,
    /// The allowed algorithms; empty if the file does not set them.
    pub(in crate::doctor) algorithms: Vec<String>,
    pub(in crate::doctor) autoredirect: bool,
}

/// Returns a text as clients read it from a challenge of distribution.
// INTEROP: distribution writes the text as Go's `%q` does, and clients then remove each backslash: a tab becomes
// `\t`, and then `t`.
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

/// Returns true if Go prints a character without an escape. Knows only the usual invisible characters. The caller
/// has already handled spaces and control characters.
fn is_printed(character: char) -> bool {
    !matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

impl TokenAuth {
    /// Returns true if a registry with this file shows this realm in its challenge, provided that `autoredirect` is
    /// off.
    pub(in crate::doctor) fn shows(&self, realm: &str) -> bool {
        self.realm == realm || as_read(&self.realm) == realm
    }

    /// Returns the value of a field.
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

/// The kind of authentication in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::doctor) enum Auth {
    Nothing,
    Token(TokenAuth),
    /// Another kind, by its name: `htpasswd`, `silly`.
    Other(String),
}

/// A registry's configuration file.
#[derive(Debug)]
pub(in crate::doctor) struct RegistryFile {
    pub(in crate::doctor) path: PathBuf,
    text: String,
    pub(in crate::doctor) is_zot: bool,
    pub(in crate::doctor) auth: Auth,
    /// The fields that keep the registry from starting, each with its present value.
    pub(in crate::doctor) unfit: Vec<(&'static str, Option<String>)>,
}

impl RegistryFile {
    /// Parses a file. Returns a finding if the text is not a registry's configuration.
    pub(in crate::doctor) fn parse(path: &Path, text: String) -> Result<Self, Finding> {
        let broken = |why: String| {
            Finding::problem(
                "config",
                format!("`{}` is not a configuration of a registry: {why}", path.display()),
                "a registry does not start with this file",
            )
            .fix("give the file that the registry is started with")
        };
        let root = read(&text).map_err(broken)?;
        let is_zot = root.pointer("/http/port").is_some() || root.get("distSpecVersion").is_some();
        if root.get("http").is_none() && root.get("storage").is_none() && root.get("auth").is_none() {
            return Err(broken("the file has neither `auth` nor `http` nor `storage`".to_owned()));
        }
        let auth = if is_zot { of_zot(&root) } else { of_distribution(&root).map_err(broken)? };
        let unfit = if is_zot { Vec::new() } else { unfit(&root, &text) };
        Ok(Self { path: path.to_owned(), text, is_zot, auth, unfit })
    }

    /// Returns the whole text of the file. It may contain secrets.
    pub(in crate::doctor) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the token section, if there is one.
    pub(in crate::doctor) fn token(&self) -> Option<&TokenAuth> {
        match &self.auth {
            Auth::Token(token) => Some(token),
            _ => None,
        }
    }

    /// Resolves a path in the file. A relative path is resolved in the folder of the file if it exists there,
    /// because the registry's working folder is not known. Any other path stays unchanged.
    pub(in crate::doctor) fn resolve(&self, path: &Path) -> PathBuf {
        let beside = self.path.parent().map(|folder| folder.join(path));
        beside.filter(|beside| beside.exists()).unwrap_or_else(|| path.to_owned())
    }

    fn says(&self, field: &str, value: &str) -> bool {
        self.token().and_then(|token| token.field(field)) == Some(value)
    }

    /// Returns the number of the line that sets a field. Tries each line that contains the key: renames the key there
    /// (`realm` to `not-realm`), and returns the line if the field is then no longer set.
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

/// Parses YAML, which includes JSON, and applies the merge key `<<`.
// INTEROP: distribution's YAML library applies merge keys.
pub(in crate::doctor) fn read(text: &str) -> Result<Value, String> {
    check_yaml_nesting(text, DEEPEST).map_err(|fault| format!("line {}: {fault}", fault.line()))?;
    let mut root: yaml_serde::Value = yaml_serde::from_str(text).map_err(|error| error.to_string())?;
    root.apply_merge().map_err(|error| error.to_string())?;
    serde_json::to_value(root).map_err(|error| error.to_string())
}

/// Quotes a text for both YAML and JSON. Escapes backticks, because a backtick would end the part of a fix
/// that people paste.
fn text_of(value: &str) -> String {
    Value::from(value).to_string().replace('`', r"\u0060")
}

/// Returns the part of a fix that clears the environment variables for these fields. These variables override
/// the file. zot has no such variables: for zot, returns an empty text.
pub(in crate::doctor) fn without_variables(file: &RegistryFile, fields: &[&str]) -> String {
    if file.is_zot {
        return String::new();
    }
    let names: Vec<String> = fields.iter().map(|field| format!("REGISTRY_AUTH_TOKEN_{field}")).collect();
    format!(" after `unset {}`", names.join(" "))
}

/// Returns the fix that writes one line into the registry's configuration. If the file already has that line, the
/// fix is a restart.
pub(in crate::doctor) fn line(file: Option<&RegistryFile>, field: &str, value: &str) -> String {
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

/// Returns the fix that sets a field, even if the file already has this value.
pub(in crate::doctor) fn set(file: &RegistryFile, field: &str, value: &str) -> String {
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

/// Returns the fix that sets a true field to false.
pub(in crate::doctor) fn off(file: &RegistryFile, field: &str) -> String {
    let place = file.line_of(field).map_or(String::new(), |number| format!(" (line {number})"));
    format!("`{field}: false` under auth.token in {}{place}", file.path.display())
}

/// Returns the fields of the token section that must be texts, and that are missing or are not texts for the
/// registry.
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
    // SPEC: distribution accepts `auth: token` as a short form for a kind without parameters.
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
#[path = "file_tests.rs"]
mod tests;

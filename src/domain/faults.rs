//! Explains to people why a text is not a type, a name or an action.
//!
//! The parsers in `resource` do not explain a refusal, because refusing must be cheap. What must not go in: a
//! decision whether a text is valid. For a valid text the answer is meaningless.

use super::resource::{Action, ResourceName, ResourceType};
use std::fmt;

/// The longest type and action, bytes.
const LONGEST_WORD: usize = 64;
/// The longest name of a resource, bytes.
const LONGEST_NAME: usize = 255;

/// The fault of a text, and the text to write instead if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The description of the fault.
    pub what: String,
    /// The text that was probably meant.
    pub meant: Option<String>,
}

impl Fault {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), meant: None }
    }

    /// Makes a fault. Suggests `meant` only if `fits` is true.
    fn meaning(what: impl Into<String>, meant: String, fits: bool) -> Self {
        Self { what: what.into(), meant: fits.then_some(meant) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match &self.meant {
            Some(meant) => write!(f, ": write `{meant}`"),
            None => Ok(()),
        }
    }
}

/// Returns a character in printable form.
fn shown(character: char) -> String {
    if character == '\\' { "\\".to_owned() } else { character.escape_debug().to_string() }
}

/// Explains why a text is not a type. A class in parentheses may follow the type.
#[must_use]
pub fn of_type(text: &str) -> Fault {
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        return Fault::new("the type before the first `:` is missing, such as `repository`");
    }
    if lower != text && ResourceType::parse(&lower).is_ok() {
        return Fault::meaning("types are lower case", lower, true);
    }
    if let Some((kind, _)) = text.split_once('(') {
        let fits = ResourceType::parse(kind).is_ok();
        return Fault::meaning("the class after the type is malformed", kind.to_owned(), fits);
    }
    if text.len() > LONGEST_WORD {
        return Fault::new(format!("a type has at most {LONGEST_WORD} characters"));
    }
    Fault::new("unknown form of type: a type is lower-case letters and digits, such as `repository`")
}

/// Explains why a text is not a name of a resource of type `of`.
#[must_use]
pub fn of_name(of: &ResourceType, name: &str) -> Fault {
    if of.is_repository() {
        return of_repository(name);
    }
    if name.is_empty() {
        return Fault::new(format!("the name of the {of} is empty"));
    }
    match name.chars().find(|c| !c.is_ascii_graphic()) {
        Some(character) => Fault::new(format!(
            "a name cannot contain `{}`: it is made of printable ASCII characters",
            shown(character)
        )),
        None => Fault::new(format!("a name has at most {LONGEST_NAME} bytes")),
    }
}

fn is_repository(name: &str) -> bool {
    ResourceType::parse("repository").is_ok_and(|of| ResourceName::parse(&of, name).is_ok())
}

/// Explains why a text is not the name of a repository.
#[must_use]
pub fn of_repository(name: &str) -> Fault {
    if name.is_empty() {
        return Fault::new("the repository name is empty");
    }
    if name.len() > LONGEST_NAME {
        return Fault::new(format!("a repository name has at most {LONGEST_NAME} bytes"));
    }
    reference(name).or_else(|| slashes(name)).unwrap_or_else(|| spelling(name))
}

/// Finds a part, such as a tag, that belongs to an image reference but not to the name of a repository.
fn reference(name: &str) -> Option<Fault> {
    if let Some((scheme, rest)) = name.split_once("://") {
        let meant = rest.split_once('/').map_or(rest, |(_, path)| path).to_owned();
        let fits = is_repository(&meant);
        return Some(Fault::meaning(format!("`{scheme}://` and a host in front of the name"), meant, fits));
    }
    if let Some((before, _)) = name.split_once('@') {
        let meant = before.to_owned();
        return Some(Fault::meaning("a digest in the name", meant, is_repository(before)));
    }
    if let Some((first, rest)) = name.split_once('/')
        && first.contains(':')
    {
        let fits = is_repository(rest);
        return Some(Fault::meaning(format!("a host in front, `{first}`"), rest.to_owned(), fits));
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    if last.contains(':')
        && let Some((before, _)) = name.rsplit_once(':')
    {
        return Some(Fault::meaning("a tag in the name", before.to_owned(), is_repository(before)));
    }
    None
}

/// Finds a fault in the slashes of a name.
fn slashes(name: &str) -> Option<Fault> {
    let filled: Vec<&str> = name.split('/').filter(|segment| !segment.is_empty()).collect();
    let meant = filled.join("/");
    let fits = is_repository(&meant);
    let what = if name.starts_with('/') {
        "a leading slash"
    } else if name.ends_with('/') {
        "a slash at the end"
    } else if name.contains("//") {
        "an empty segment between two slashes"
    } else {
        return None;
    };
    Some(Fault::meaning(what, meant, fits))
}

/// Explains which characters of a name are wrong.
fn spelling(name: &str) -> Fault {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        let lower = name.to_ascii_lowercase();
        let fits = is_repository(&lower);
        return Fault::meaning("repository names are lower case", lower, fits);
    }
    let known = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(*c);
    match name.chars().find(|c| !known(c)) {
        Some('*' | '?') => Fault::new("a pattern: a scope names one repository, patterns are for rules"),
        Some(character) => Fault::new(format!(
            "a repository name cannot contain `{}`: it is made of a-z, 0-9 and `._-/`",
            shown(character)
        )),
        None => Fault::new(
            "each segment of a repository name begins and ends with a letter or digit, with one `.`, `_`, `__` or \
             dashes in between",
        ),
    }
}

/// Explains why a text is not an action.
#[must_use]
pub fn of_action(text: &str) -> Fault {
    let lower = text.to_ascii_lowercase();
    if text.is_empty() {
        return Fault::new("an empty action: name one after the last `:`, such as `pull`");
    }
    if lower != text && Action::parse(&lower).is_ok() {
        return Fault::meaning("actions are lower case", lower, true);
    }
    if text.len() > LONGEST_WORD {
        return Fault::new(format!("an action has at most {LONGEST_WORD} characters"));
    }
    Fault::new("unknown form of action: an action is a lower-case word such as `pull`, or `*`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_of_a_repository_name_has_its_own_reason() {
        for (name, reason) in [
            ("", "the repository name is empty"),
            ("Team/App", "repository names are lower case: write `team/app`"),
            ("Team/../App", "repository names are lower case"),
            ("/team/app", "a leading slash: write `team/app`"),
            ("team/app/", "a slash at the end: write `team/app`"),
            ("team//app", "an empty segment between two slashes: write `team/app`"),
            ("team/app:latest", "a tag in the name: write `team/app`"),
            ("app:1.0", "a tag in the name: write `app`"),
            ("team/app@sha256:00", "a digest in the name: write `team/app`"),
            ("Host:5000/team/app", "a host in front, `Host:5000`: write `team/app`"),
            ("host:/team/app", "a host in front, `host:`: write `team/app`"),
            ("https://host/team/app", "`https://` and a host in front of the name: write `team/app`"),
            ("team/*", "a pattern: a scope names one repository, patterns are for rules"),
            (
                "team/caf\u{e9}",
                "a repository name cannot contain `\u{e9}`: it is made of a-z, 0-9 and `._-/`",
            ),
            ("a\0b", "a repository name cannot contain `\\0`: it is made of a-z, 0-9 and `._-/`"),
        ] {
            assert_eq!(of_repository(name).to_string(), reason, "{name}");
        }
        assert!(of_repository(&"a".repeat(256)).what.contains("255 bytes"));
        assert!(of_repository("a/-b").what.contains("begins and ends with"));
    }

    #[test]
    fn each_fault_of_a_type_and_an_action_has_its_own_reason() {
        for (text, reason) in [
            ("", "the type before the first `:` is missing, such as `repository`"),
            ("Repository", "types are lower case: write `repository`"),
            ("repository(", "the class after the type is malformed: write `repository`"),
            (
                "artifact-repository",
                "unknown form of type: a type is lower-case letters and digits, such as `repository`",
            ),
        ] {
            assert_eq!(of_type(text).to_string(), reason, "{text}");
        }
        for (text, reason) in [
            ("", "an empty action: name one after the last `:`, such as `pull`"),
            ("Pull", "actions are lower case: write `pull`"),
            ("**", "unknown form of action: an action is a lower-case word such as `pull`, or `*`"),
        ] {
            assert_eq!(of_action(text).to_string(), reason, "{text}");
        }
        assert!(
            of_type(&"a".repeat(65)).what.contains("64") && of_action(&"a".repeat(65)).what.contains("64")
        );
        let registry = ResourceType::parse("registry").unwrap();
        assert_eq!(of_name(&registry, "").what, "the name of the registry is empty");
        assert!(of_name(&registry, "a b").what.contains("cannot contain ` `"));
        assert!(of_name(&registry, &"a".repeat(256)).what.contains("255 bytes"));
    }
}

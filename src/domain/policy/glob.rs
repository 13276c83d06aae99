//! Globs over names and services: what may be written. How they match is in `matcher`.

use super::matcher::{Names, matches};
use crate::domain::subject::{Subject, is_label_key};
use std::fmt;

/// Longest glob, bytes.
const LONGEST: usize = 512;
/// How many different placeholders with several values may stand in one glob more than once:
/// with more, matching would have to try their combinations.
const MOST_REPEATED: usize = 2;

/// Why a glob was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (at byte {position})")]
pub struct GlobError {
    /// What is wrong.
    pub reason: String,
    /// The byte at which it begins, from 0.
    pub position: usize,
}

fn refused(reason: impl Into<String>, position: usize) -> GlobError {
    GlobError { reason: reason.into(), position }
}

/// A value of the subject that stands in a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// `${subject}`
    Subject,
    /// `${group}`
    Group,
    /// `${label:KEY}`
    Label(String),
}

/// One step of a compiled glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// This text.
    Literal(String),
    /// `*`: any run of characters without `/`.
    AnyRun,
    /// `?`: one character other than `/`.
    AnyCharacter,
    /// `**/`: zero or more whole segments.
    AnySegments,
    /// `**` at the end: everything that is left, at least something.
    Rest,
    /// A placeholder. `slot` is its place among those that must keep their value, if it is one.
    Value { what: Placeholder, slot: Option<usize>, last: bool },
}

/// A pattern over resource names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameGlob {
    text: String,
    tokens: Vec<Token>,
}

impl NameGlob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// [`GlobError`] for an empty pattern or segment, `**` glued to other characters, an unknown
    /// placeholder, control characters, more than 512 bytes, and more than two different
    /// placeholders that each stand in it several times.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        if text.len() > LONGEST {
            return Err(refused("longer than 512 bytes", LONGEST));
        }
        if let Some(position) = text.find(char::is_control) {
            return Err(refused("a control character", position));
        }
        let mut tokens = Vec::new();
        let mut position = 0;
        let count = text.split('/').count();
        for (i, segment) in text.split('/').enumerate() {
            let last = i + 1 == count;
            match segment {
                "" if text.is_empty() => return Err(refused("an empty pattern", 0)),
                "" => return Err(refused("an empty segment", position)),
                "**" if last => tokens.push(Token::Rest),
                "**" => tokens.push(Token::AnySegments),
                _ => {
                    parse_segment(segment, position, &mut tokens)?;
                    if !last {
                        push_literal(&mut tokens, "/");
                    }
                }
            }
            position += segment.len() + 1;
        }
        assign_slots(&mut tokens)?;
        Ok(Self { text: text.to_owned(), tokens })
    }

    /// Whether `name` matches for `subject`.
    #[must_use]
    pub fn matches(&self, name: &str, subject: &Subject) -> bool {
        match self.tokens.as_slice() {
            [Token::Rest] => !name.is_empty(),
            [Token::Literal(text)] => name == text,
            [Token::Literal(text), Token::Rest] => {
                name.strip_prefix(text.as_str()).is_some_and(|rest| !rest.is_empty())
            }
            // A pattern with a placeholder never matches for anonymous.
            tokens => {
                (subject.identity.is_some() || !self.has_placeholder())
                    && matches(tokens, name, &Names::of(subject))
            }
        }
    }

    /// Whether there is a placeholder in it.
    #[must_use]
    pub fn has_placeholder(&self) -> bool {
        self.tokens.iter().any(|token| matches!(token, Token::Value { .. }))
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for NameGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn push_literal(tokens: &mut Vec<Token>, text: &str) {
    if let Some(Token::Literal(before)) = tokens.last_mut() {
        before.push_str(text);
    } else {
        tokens.push(Token::Literal(text.to_owned()));
    }
}

fn parse_segment(segment: &str, start: usize, tokens: &mut Vec<Token>) -> Result<(), GlobError> {
    let mut rest = segment;
    while let Some(character) = rest.chars().next() {
        let position = start + segment.len() - rest.len();
        if rest.starts_with("**") {
            return Err(refused("`**` must be a whole segment", position));
        }
        if let Some(inside) = rest.strip_prefix("${") {
            let Some((name, after)) = inside.split_once('}') else {
                return Err(refused("a placeholder without `}`", position));
            };
            let what = placeholder(name).ok_or_else(|| {
                refused(
                    format!("`${{{name}}}` is no placeholder: write `${{subject}}`, `${{group}}` or `${{label:KEY}}`"),
                    position,
                )
            })?;
            tokens.push(Token::Value { what, slot: None, last: false });
            rest = after;
            continue;
        }
        match character {
            '*' => tokens.push(Token::AnyRun),
            '?' => tokens.push(Token::AnyCharacter),
            _ => push_literal(tokens, character.encode_utf8(&mut [0; 4])),
        }
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    Ok(())
}

fn placeholder(name: &str) -> Option<Placeholder> {
    match name {
        "subject" => Some(Placeholder::Subject),
        "group" => Some(Placeholder::Group),
        _ => name
            .strip_prefix("label:")
            .filter(|key| is_label_key(key))
            .map(|key| Placeholder::Label(key.to_owned())),
    }
}

/// Gives each placeholder that stands in the glob several times a slot, in which the value it took
/// first is kept. One that has a single value anyway needs none.
fn assign_slots(tokens: &mut [Token]) -> Result<(), GlobError> {
    let values: Vec<Placeholder> = tokens
        .iter()
        .filter_map(|token| match token {
            Token::Value { what, .. } if *what != Placeholder::Subject => Some(what.clone()),
            _ => None,
        })
        .collect();
    let mut repeated: Vec<Placeholder> = Vec::new();
    for what in &values {
        if values.iter().filter(|other| *other == what).count() > 1 && !repeated.contains(what) {
            repeated.push(what.clone());
        }
    }
    if repeated.len() > MOST_REPEATED {
        return Err(refused("more than two different placeholders stand in it several times", 0));
    }
    let mut seen_later: Vec<Placeholder> = Vec::new();
    for token in tokens.iter_mut().rev() {
        if let Token::Value { what, slot, last } = token {
            *slot = repeated.iter().position(|other| other == what);
            *last = !seen_later.contains(what);
            seen_later.push(what.clone());
        }
    }
    Ok(())
}

/// A pattern over service names: `*` is any run of characters, `?` is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceGlob(String);

impl ServiceGlob {
    /// Parses a pattern.
    ///
    /// # Errors
    /// [`GlobError`] for an empty one, one of more than 512 bytes, characters that no service name
    /// has, and placeholders.
    pub fn parse(text: &str) -> Result<Self, GlobError> {
        if text.is_empty() {
            return Err(refused("an empty pattern", 0));
        }
        if text.len() > LONGEST {
            return Err(refused("longer than 512 bytes", LONGEST));
        }
        if let Some(position) = text.find(|c: char| !(' '..='~').contains(&c) || c == ',') {
            return Err(refused("not a printable ASCII character other than comma", position));
        }
        if let Some(position) = text.find("${") {
            return Err(refused("services take no placeholders", position));
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether `service` matches.
    #[must_use]
    pub fn matches(&self, service: &str) -> bool {
        // The usual two-pointer walk: after a mismatch, let the last `*` take one character more.
        let (pattern, text) = (self.0.as_bytes(), service.as_bytes());
        let (mut p, mut t, mut star) = (0, 0, None);
        while let Some(byte) = text.get(t) {
            match pattern.get(p) {
                Some(b'*') => {
                    star = Some((p, t));
                    p += 1;
                }
                Some(c) if *c == b'?' || c == byte => {
                    p += 1;
                    t += 1;
                }
                _ => match star {
                    Some((at, from)) => {
                        star = Some((at, from + 1));
                        p = at + 1;
                        t = from + 1;
                    }
                    None => return false,
                },
            }
        }
        pattern.get(p..).unwrap_or_default().iter().all(|c| *c == b'*')
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ServiceGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::subject::{GroupName, Labels, SubjectRef};

    fn subject() -> Subject {
        Subject {
            identity: Some(SubjectRef::parse("user:alice").unwrap()),
            groups: ["web", "api"].iter().map(|name| GroupName::parse(name).unwrap()).collect(),
            labels: Labels::parse([
                ("team".to_owned(), vec!["red/blue".to_owned(), "green".to_owned()]),
                ("wild".to_owned(), vec!["*".to_owned(), "..".to_owned()]),
            ])
            .unwrap(),
        }
    }

    #[test]
    fn names_match_segment_by_segment() {
        let table = [
            ("team/app", "team/app", true),
            ("team/app", "team/apps", false),
            ("team/*", "team/app", true),
            ("team/*", "team/app/sub", false),
            ("team/*", "team", false),
            ("t*m/a?p", "team/app", true),
            ("a*", "a", true),
            ("a?", "a", false),
            ("team/**", "team/app", true),
            ("team/**", "team/app/sub", true),
            ("team/**", "team", false),
            ("team/**", "teams/app", false),
            ("**", "anything/at/all", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "ab", false),
            ("a/**/b", "a/xb", false),
            ("**/b", "b", true),
            ("**/b", "x/y/b", true),
            ("**/b", "x/yb", false),
            ("**/**", "a", true),
            ("a/**/**", "a", false),
            ("a/**/**", "a/b", true),
            ("*a*b*c*", "xaxbxcx", true),
            ("*a*b*c*", "xaxcxbx", false),
            ("[ab]", "a", false),
            ("Team/*", "team/app", false),
        ];
        for (glob, name, expected) in table {
            assert_eq!(
                NameGlob::parse(glob).unwrap().matches(name, &Subject::anonymous()),
                expected,
                "{glob} {name}"
            );
        }
    }

    #[test]
    fn placeholders_are_literal_text_with_one_value_throughout() {
        let table = [
            ("${subject}/**", "alice/app", true),
            ("${subject}/**", "bob/app", false),
            ("${group}/app", "web/app", true),
            ("${group}/app", "ops/app", false),
            ("${group}/${group}", "web/web", true),
            ("${group}/${group}", "web/api", false),
            ("${group}/${subject}-*", "api/alice-x", true),
            ("${label:team}/app", "red/blue/app", true),
            ("${label:team}/app", "red/app", false),
            ("x${label:team}y", "xgreeny", true),
            ("${label:team}/${group}/${label:team}", "green/web/green", true),
            ("${label:team}/${group}/${label:team}", "green/web/red/blue", false),
            ("${label:wild}/app", "anything/app", false),
            ("${label:none}/app", "none/app", false),
        ];
        for (glob, name, expected) in table {
            let glob = NameGlob::parse(glob).unwrap();
            assert_eq!(glob.matches(name, &subject()), expected, "{glob} {name}");
            assert!(!glob.matches(name, &Subject::anonymous()), "{glob} {name}");
        }
    }

    #[test]
    fn bad_globs_are_refused_with_their_position() {
        let table = [
            ("", 0),
            ("/a", 0),
            ("a//b", 2),
            ("a/", 2),
            ("a**", 1),
            ("a/**b", 2),
            ("***", 0),
            ("a/${who}", 2),
            ("a/${label:UP}", 2),
            ("${group", 0),
            ("a\nb", 1),
            ("${label:a}${label:b}${label:c}${label:a}${label:b}${label:c}", 0),
        ];
        for (text, position) in table {
            assert_eq!(NameGlob::parse(text).unwrap_err().position, position, "{text}");
        }
        assert!(NameGlob::parse(&"a".repeat(513)).is_err());
    }

    #[test]
    fn crafted_globs_do_not_explode() {
        let values: Vec<String> = (1..=120).map(|n| "a".repeat(n)).collect();
        let labels = Labels::parse(["x", "y", "z"].map(|key| (key.to_owned(), values.clone()))).unwrap();
        let subject = Subject { labels, ..subject() };
        let name = format!("{}b", "a".repeat(254));
        for glob in [
            "${label:x}${label:y}${label:z}${label:x}${label:y}",
            "*a*a*a*a*a*a*a*a*a*a*a*a*a*a*c",
            "*${label:x}*${label:x}*${label:x}*c",
        ] {
            let started = std::time::Instant::now();
            assert!(!NameGlob::parse(glob).unwrap().matches(&name, &subject), "{glob}");
            assert!(started.elapsed().as_secs() < 20, "{glob}");
        }
    }

    #[test]
    fn services_match_as_a_whole() {
        for (glob, service, expected) in [
            ("*", "registry", true),
            ("reg*", "registry", true),
            ("*try", "registry", true),
            ("r?gistry", "registry", true),
            ("registry", "registry2", false),
            ("*.example.org:*", "hub.example.org:5000", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b", "a", false),
        ] {
            assert_eq!(ServiceGlob::parse(glob).unwrap().matches(service), expected, "{glob} {service}");
        }
        for bad in ["", "a,b", "${group}", "caf\u{e9}"] {
            assert!(ServiceGlob::parse(bad).is_err(), "{bad}");
        }
    }
}

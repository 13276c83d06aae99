//! Words of arguments that must fit a grammar or a list: what does not fit is bad usage, refused before anything is
//! sent.

use super::escape::clean;
use crate::domain::kind::{NotAKind, ObjectKind};
use crate::domain::selector::Selector;
use crate::domain::subject::SubjectRef;
use crate::domain::verifier::{KeyIdForm, Trust};
use std::fmt::Display;
use std::net::IpAddr;
use strum::VariantNames;
use uuid::Uuid;

/// The text as it was given, if `parse` takes it. An empty one stays, which clears what there is.
fn kept<T, E: Display>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<String, String> {
    if !text.is_empty() {
        parse(text).map_err(|error| clean(&error.to_string()))?;
    }
    Ok(text.to_owned())
}

/// `user:NAME` or `robot:NAME`.
pub(super) fn member(text: &str) -> Result<String, String> {
    kept(text, SubjectRef::parse)
}

/// Whom a rule is about.
pub(super) fn selector(text: &str) -> Result<String, String> {
    kept(text, Selector::parse)
}

/// Whom a question is about.
pub(super) fn subject(text: &str) -> Result<(), String> {
    if text == "anonymous" {
        return Ok(());
    }
    SubjectRef::parse(text).map(drop).map_err(|error| match error.to_string() {
        told if text.contains(':') => clean(&told),
        told => clean(&format!("{told}, for example `user:{text}`, or `anonymous`")),
    })
}

/// An address that somebody comes from.
pub(super) fn address(text: &str) -> Result<String, String> {
    let parsed: Result<IpAddr, _> = text.parse();
    parsed.map(|_| text.to_owned()).map_err(|_| "write it like 203.0.113.7 or 2001:db8::7".to_owned())
}

/// The id of an access key or a session.
pub(super) fn id(text: &str) -> Result<String, String> {
    Uuid::parse_str(text).map(|_| text.to_owned()).map_err(|_| {
        "write its id, which `portreeve access-keys list` and `portreeve sessions list` show".to_owned()
    })
}

/// The number of a change.
pub(super) fn change(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write its number, which `portreeve audit list` shows".to_owned())
}

/// How a registry knows keys.
pub(super) fn trust(text: &str) -> Result<String, String> {
    one_of(text, Trust::VARIANTS)
}

/// The form of key ids.
pub(super) fn key_id(text: &str) -> Result<String, String> {
    one_of(text, KeyIdForm::VARIANTS)
}

fn one_of(text: &str, words: &[&str]) -> Result<String, String> {
    if text.is_empty() || words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("write {}, or nothing between quotes", words.join(" or ")))
}

/// A kind of object, also as the commands call it: `rules`, `session`, `keys`.
pub(super) fn kind(text: &str) -> Result<ObjectKind, NotAKind> {
    let one = text.strip_suffix('s').unwrap_or(text);
    match one {
        "session" => Ok(ObjectKind::RefreshToken),
        "key" => Ok(ObjectKind::SigningKey),
        // The error shows the text as it was given.
        one => ObjectKind::parse(one).or_else(|_| ObjectKind::parse(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_known_in_singular_and_plural() {
        for kind_of_object in ObjectKind::VARIANTS {
            for text in [(*kind_of_object).to_owned(), format!("{kind_of_object}s")] {
                assert_eq!(kind(&text).unwrap().as_str(), *kind_of_object, "{text}");
            }
        }
        for (text, expected) in [
            ("session", ObjectKind::RefreshToken),
            ("sessions", ObjectKind::RefreshToken),
            ("key", ObjectKind::SigningKey),
            ("keys", ObjectKind::SigningKey),
        ] {
            assert_eq!(kind(text), Ok(expected));
        }
        assert!(kind("ruless").is_err() && kind("").is_err());
        assert!(kind("castles").unwrap_err().to_string().starts_with("`castles` is not a kind"));
    }

    #[test]
    fn ids_and_numbers_are_told_from_names() {
        assert!(id("01a1fd33-e11c-7066-b46c-f2ac927f205e").is_ok() && id("laptop").is_err());
        assert!(change("17").is_ok() && change("rule").is_err() && change("-1").is_err());
    }

    #[test]
    fn an_empty_word_clears_what_there_is() {
        for parse in [member, selector, trust, key_id] {
            assert_eq!(parse(""), Ok(String::new()));
            assert!(parse("nonsense").is_err());
        }
    }
}

//! Parsers for arguments that must fit a grammar or a list. A wrong argument is refused as bad usage before
//! the first request.

use super::escape::clean;
use crate::domain::kind::{NotAKind, ObjectKind};
use crate::domain::selector::Selector;
use crate::domain::subject::SubjectRef;
use crate::domain::verifier::{KeyIdForm, Trust};
use std::fmt::Display;
use std::net::IpAddr;
use strum::VariantNames;
use uuid::Uuid;

/// Returns the text unchanged if `parse` accepts it, or if it is empty: an empty text clears a field.
fn kept<T, E: Display>(text: &str, parse: impl Fn(&str) -> Result<T, E>) -> Result<String, String> {
    if !text.is_empty() {
        parse(text).map_err(|error| clean(&error.to_string()))?;
    }
    Ok(text.to_owned())
}

/// Accepts `user:NAME`, `robot:NAME`, or an empty text.
pub(super) fn member(text: &str) -> Result<String, String> {
    kept(text, SubjectRef::parse)
}

/// Accepts a subject of a rule, or an empty text.
pub(super) fn selector(text: &str) -> Result<String, String> {
    kept(text, Selector::parse)
}

/// Fails unless the text is `user:NAME`, `robot:NAME` or `anonymous`.
pub(super) fn subject(text: &str) -> Result<(), String> {
    if text == "anonymous" {
        return Ok(());
    }
    SubjectRef::parse(text).map(drop).map_err(|error| match error.to_string() {
        told if text.contains(':') => clean(&told),
        told => clean(&format!("{told}, for example `user:{text}`, or `anonymous`")),
    })
}

/// Accepts an IP address.
pub(super) fn address(text: &str) -> Result<String, String> {
    let parsed: Result<IpAddr, _> = text.parse();
    parsed.map(|_| text.to_owned()).map_err(|_| "write it like 203.0.113.7 or 2001:db8::7".to_owned())
}

/// Accepts the id of an access key or a session.
pub(super) fn id(text: &str) -> Result<String, String> {
    Uuid::parse_str(text).map(|_| text.to_owned()).map_err(|_| {
        "write its id, which `portreeve access-keys list` and `portreeve sessions list` show".to_owned()
    })
}

/// Parses the number of a change.
pub(super) fn change(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "write its number, which `portreeve audit list` shows".to_owned())
}

/// Accepts a value of a service's field `trust`, or an empty text. The field says how the registry gets the
/// public keys of tokens.
pub(super) fn trust(text: &str) -> Result<String, String> {
    one_of(text, Trust::VARIANTS)
}

/// Accepts a value of a service's field `key_id`, or an empty text. The field is the form of key ids in tokens.
pub(super) fn key_id(text: &str) -> Result<String, String> {
    one_of(text, KeyIdForm::VARIANTS)
}

fn one_of(text: &str, words: &[&str]) -> Result<String, String> {
    if text.is_empty() || words.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(format!("write {}, or an empty text between quotes", words.join(" or ")))
}

/// Parses a kind of object. Also accepts plurals and the names of commands: `rules`, `session`, `keys`.
pub(super) fn kind(text: &str) -> Result<ObjectKind, NotAKind> {
    let one = text.strip_suffix('s').unwrap_or(text);
    match one {
        "session" => Ok(ObjectKind::RefreshToken),
        "key" => Ok(ObjectKind::SigningKey),
        // The second attempt parses the unchanged text, so that the error shows that text.
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

//! Checks whether one selector, pattern or rule matches everything that another one matches.
//!
//! INVARIANT: sound, but not complete: `true` is certain, and `false` means only that no proof was found. The
//! opposite holds for [`overlap`], which looks for a common subject: `false` is certain.

use super::glob::NameGlob;
use super::rule::{Rule, TypePattern};
use super::services::ServiceGlob;
use crate::domain::selector::Selector;
use crate::domain::service::ServiceName;
use ipnet::IpNet;

/// The greatest number of segments of a glob that is compared.
const MOST_SEGMENTS: usize = 24;

/// Returns true if `wide` matches every subject that `narrow` matches.
pub(super) fn selector(wide: &Selector, narrow: &Selector) -> bool {
    match wide {
        Selector::Everyone => true,
        Selector::Authenticated => !matches!(narrow, Selector::Everyone | Selector::Anonymous),
        _ => wide == narrow,
    }
}

/// Returns true if one subject may match both selectors.
pub(super) fn overlap(one: &Selector, other: &Selector) -> bool {
    match (one, other) {
        (Selector::Everyone, _) | (_, Selector::Everyone) => true,
        (Selector::Anonymous, _) | (_, Selector::Anonymous) => one == other,
        (Selector::User(_) | Selector::Robot(_), Selector::User(_) | Selector::Robot(_)) => one == other,
        _ => true,
    }
}

fn service(wide: &ServiceGlob, narrow: &ServiceGlob) -> bool {
    let literal = !narrow.as_str().contains(['*', '?']);
    wide.as_str() == "*"
        || wide == narrow
        || (literal && ServiceName::parse(narrow.as_str()).is_ok_and(|name| wide.matches(&name)))
}

/// Returns true if `wide` matches every name that `narrow` matches, for the same subject.
pub(super) fn name(wide: &NameGlob, narrow: &NameGlob) -> bool {
    if wide.as_str() == narrow.as_str() || wide.as_str() == "**" {
        return true;
    }
    let wide: Vec<&str> = wide.as_str().split('/').collect();
    let narrow: Vec<&str> = narrow.as_str().split('/').collect();
    wide.len() <= MOST_SEGMENTS && narrow.len() <= MOST_SEGMENTS && segments(&wide, &narrow)
}

fn segments(wide: &[&str], narrow: &[&str]) -> bool {
    match (wide.split_first(), narrow.split_first()) {
        (None, None) => true,
        // At the end of a pattern, `**` needs at least one segment. Every segment of a pattern except an inner `**`
        // matches at least one segment.
        (Some((&"**", [])), _) => match narrow.split_last() {
            Some((_, others)) => others.is_empty() || narrow.iter().any(|s| *s != "**") || narrow.len() == 1,
            None => false,
        },
        (Some((&"**", rest)), Some((_, others))) => segments(rest, narrow) || segments(wide, others),
        (Some((&"**", rest)), None) => segments(rest, narrow),
        (Some((_, _)), Some((&"**", _))) | (Some(_), None) | (None, Some(_)) => false,
        (Some((first, rest)), Some((other, others))) => segment(first, other) && segments(rest, others),
    }
}

fn segment(wide: &str, narrow: &str) -> bool {
    // The value of a label may contain slashes, so only an equal segment covers a segment with a placeholder.
    if wide == narrow {
        return true;
    }
    if wide.contains("${") || narrow.contains("${") {
        return false;
    }
    wide == "*" || (!narrow.contains(['*', '?']) && wildcard(wide.as_bytes(), narrow.as_bytes()))
}

/// Matches `*` and `?` within one segment. The length of a glob bounds the length of the segment.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    // `reached[n]` is true if the first `n` bytes of the pattern match the text so far.
    let mut reached = vec![false; pattern.len() + 1];
    let stars = |reached: &mut Vec<bool>| {
        for (at, byte) in pattern.iter().enumerate() {
            if *byte == b'*'
                && reached.get(at) == Some(&true)
                && let Some(next) = reached.get_mut(at + 1)
            {
                *next = true;
            }
        }
    };
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    stars(&mut reached);
    for byte in text {
        let mut next = vec![false; pattern.len() + 1];
        for (at, wanted) in pattern.iter().enumerate() {
            if reached.get(at) == Some(&true) {
                let to = if *wanted == b'*' { at } else { at + 1 };
                let fits = matches!(wanted, b'*' | b'?') || wanted == byte;
                if fits && let Some(place) = next.get_mut(to) {
                    *place = true;
                }
            }
        }
        stars(&mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

fn network(wide: &[IpNet], narrow: &[IpNet]) -> bool {
    wide.is_empty()
        || (!narrow.is_empty() && narrow.iter().all(|one| wide.iter().any(|other| other.contains(one))))
}

/// Returns true if every request that passes the fields of `narrow` also passes the fields of `wide`. Does not
/// compare subjects and actions.
pub(super) fn everywhere(wide: &Rule, narrow: &Rule) -> bool {
    (wide.resource_type == TypePattern::Any || wide.resource_type == narrow.resource_type)
        && place_and_time(wide, narrow)
        && narrow.names.iter().all(|one| wide.names.iter().any(|w| name(w, one)))
}

/// Returns true if every request that matches the services, networks and times of `narrow` also matches the
/// services, networks and times of `wide`.
pub(super) fn place_and_time(wide: &Rule, narrow: &Rule) -> bool {
    narrow.services.iter().all(|one| wide.services.iter().any(|other| service(other, one)))
        && network(&wide.networks, &narrow.networks)
        && wide.not_before.is_none_or(|begin| narrow.not_before.is_some_and(|other| begin <= other))
        && wide.not_after.is_none_or(|end| narrow.not_after.is_some_and(|other| other <= end))
}

/// Returns true if `wide` matches every subject that `narrow` matches.
pub(super) fn everybody(wide: &Rule, narrow: &Rule) -> bool {
    narrow.subjects.iter().all(|one| wide.subjects.iter().any(|other| selector(other, one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coverage_of_names_is_sound() {
        for (wide, narrow, covered) in [
            ("**", "a", true),
            ("a/**", "a/b", true),
            ("a/**", "a/*", true),
            ("a/**", "a/b/**", true),
            ("a/**", "a", false),
            ("a/**", "a/**/b", true),
            ("a/**", "ab/c", false),
            ("*/b", "a/b", true),
            ("*/b", "${group}/b", false),
            ("*", "${label:x}", false),
            ("${group}/**", "${group}/x", true),
            ("${group}/**", "web/x", false),
            ("a*", "ab*", false),
            ("a*", "abc", true),
            ("a?c", "abc", true),
            ("a?c", "abbc", false),
            ("**/b", "b", true),
            ("**/b", "a/*/b", true),
            ("**/b", "a/**/b", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/*/b", "a/**/b", false),
            ("a/*", "a/**", false),
            ("a", "a/**", false),
            ("**/*", "**", true),
        ] {
            let (w, n) = (NameGlob::parse(wide).unwrap(), NameGlob::parse(narrow).unwrap());
            let got = name(&w, &n);
            // The check may miss a true answer, but must not give a false one.
            assert!(got == covered || (covered && wide == "**/*"), "{wide} over {narrow}: {got}");
        }
    }
}

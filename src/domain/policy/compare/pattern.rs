//! The patterns of a name glob for one subject: placeholders are replaced, and the result is cut into segments.
//!
//! INVARIANT: the patterns of a glob match exactly the names that the glob matches for that subject, unless the
//! list of patterns is marked as incomplete.

use crate::domain::policy::glob::NameGlob;
use crate::domain::policy::witness::{self, Piece, Placeholder};
use crate::domain::subject::Subject;
use std::collections::BTreeMap;

/// The greatest number of combinations of placeholder values that are tried for one glob.
const MOST_WAYS: usize = 256;

/// One character or one wildcard of a segment with wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::domain::policy) enum Part {
    Character(char),
    /// The wildcard `?`.
    One,
    /// The wildcard `*`.
    Run,
}

/// A segment of a pattern. Only `Deep` matches an empty segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::domain::policy) enum Segment {
    /// The segment `**`.
    Deep,
    /// The segment `*`.
    Any,
    Literal(String),
    /// A segment with literal text and wildcards.
    Mixed(Vec<Part>),
}

/// A glob without placeholders.
pub(in crate::domain::policy) type Pattern = Vec<Segment>;

/// A piece of a pattern that is not yet cut into segments.
#[derive(Debug, Clone, Copy)]
enum Item {
    Slash,
    Deep,
    Part(Part),
}

/// Returns the patterns of a glob, one for each combination of placeholder values. The second value is true if the
/// list is complete.
pub(in crate::domain::policy) fn patterns(glob: &NameGlob, subject: &Subject) -> (Vec<Pattern>, bool) {
    if glob.has_placeholder() && subject.identity.is_none() {
        return (Vec::new(), true);
    }
    let mut choices = BTreeMap::new();
    for placeholder in witness::placeholders(glob) {
        let values = witness::values(subject, &placeholder);
        choices.insert(placeholder, values);
    }
    let ways = choices.values().map(Vec::len).fold(1, usize::saturating_mul);
    let pieces = witness::pieces(glob);
    let filled = witness::assignments(&choices, MOST_WAYS);
    (filled.iter().filter_map(|chosen| pattern(&pieces, chosen)).collect(), ways <= MOST_WAYS)
}

/// Returns the segments of a pattern; `None` if a placeholder value makes an empty segment, which no pattern
/// matches.
fn pattern(pieces: &[Piece], chosen: &BTreeMap<Placeholder, String>) -> Option<Pattern> {
    let literal = |text: &str| -> Vec<Item> {
        let item = |c| if c == '/' { Item::Slash } else { Item::Part(Part::Character(c)) };
        text.chars().map(item).collect()
    };
    let items: Vec<Item> = pieces
        .iter()
        .flat_map(|piece| match piece {
            Piece::Literal(text) => literal(text),
            Piece::Wildcard("**") => vec![Item::Deep],
            Piece::Wildcard("?") => vec![Item::Part(Part::One)],
            Piece::Wildcard(_) => vec![Item::Part(Part::Run)],
            // The value of a placeholder is literal text, even if it looks like a pattern.
            Piece::Placeholder(placeholder) => literal(chosen.get(placeholder).map_or("", String::as_str)),
        })
        .collect();
    items.split(|item| matches!(item, Item::Slash)).map(segment).collect()
}

fn segment(items: &[Item]) -> Option<Segment> {
    if let [Item::Deep] = items {
        return Some(Segment::Deep);
    }
    let part = |item: &Item| if let Item::Part(part) = item { Some(*part) } else { None };
    let parts: Vec<Part> = items.iter().filter_map(part).collect();
    let character = |part: &Part| if let Part::Character(c) = part { Some(*c) } else { None };
    match parts.as_slice() {
        [] => None,
        [Part::Run] => Some(Segment::Any),
        _ => Some(match parts.iter().map(character).collect() {
            Some(text) => Segment::Literal(text),
            None => Segment::Mixed(parts),
        }),
    }
}

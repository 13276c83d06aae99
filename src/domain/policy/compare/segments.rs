//! Makes one segment of each kind. Two segments are of the same kind if they match the same segment patterns.
//!
//! The search follows all beginnings of segments at once, character by character. The search uses the characters of
//! the patterns, and a letter or digit that is in no pattern, if there is one. No kind of segment is left out,
//! except hosts in brackets (IPv6 addresses).

use super::pattern::Part;
use super::work::Work;
use std::collections::{BTreeSet, HashSet, VecDeque};

/// The grammar of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    /// The grammar of a repository's first segment: a path component, or a host with a port.
    First,
    /// The grammar of a repository's other segments: a path component.
    Component,
    /// The grammar of a segment of any other type: printable characters.
    Printable,
}

/// A segment, and the numbers of the patterns that it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) text: String,
    pub(super) fits: Vec<usize>,
}

/// The grammatical state at the end of an unfinished segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Shape {
    Nothing,
    Word,
    /// A dot or two underscores; a letter or digit must follow.
    Separator,
    Underscore,
    Dash,
    /// A port with this number of digits.
    Port(u8),
    /// Any printable characters.
    Free,
}

/// The state of an unfinished segment: all facts that decide how it may continue.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// For each pattern, the positions at which the match can continue after the unfinished segment. Each bit is a
    /// position.
    places: Vec<u128>,
    shape: Shape,
    /// True if the segment contains an underscore. A host cannot contain one.
    has_underscore: bool,
}

/// The greatest number of parts of a pattern. If a pattern is longer, the search finds no segments at all.
const MOST_PARTS: usize = 120;

/// Returns a segment of each kind, the shortest first; `None` if a pattern is too long or the work would exceed the
/// bound.
pub(super) fn kinds(patterns: &[Vec<Part>], grammar: Grammar, work: &mut Work) -> Option<Vec<Kind>> {
    if patterns.iter().any(|parts| parts.len() > MOST_PARTS) {
        work.miss();
        return None;
    }
    let alphabet = alphabet(patterns);
    let places = patterns.iter().map(|parts| closed(parts, 1)).collect();
    let start = State { places, shape: Shape::Nothing, has_underscore: false };
    let mut found = HashSet::new();
    let mut kinds = Vec::new();
    let mut seen = HashSet::from([start.clone()]);
    let mut queue = VecDeque::from([(start, String::new())]);
    while let Some((state, text)) = queue.pop_front() {
        if matches!(state.shape, Shape::Word | Shape::Free | Shape::Port(1..)) {
            let fits = accepted(patterns, &state);
            if found.insert((fits.clone(), matches!(state.shape, Shape::Port(_)))) {
                kinds.push(Kind { text: text.clone(), fits });
            }
        }
        if !work.spend(1 + alphabet.len() * (1 + patterns.len()) / 4) {
            return None;
        }
        for c in &alphabet {
            let Some(next) = step(patterns, &state, *c, grammar) else {
                continue;
            };
            if seen.insert(next.clone()) {
                queue.push_back((next, format!("{text}{c}")));
            }
        }
    }
    Some(kinds)
}

/// Returns one letter or digit that is in no pattern, if there is one, then the characters of the patterns. If a
/// pattern contains `:`, also returns a digit that is in no pattern, for ports.
fn alphabet(patterns: &[Vec<Part>]) -> Vec<char> {
    let character = |part: &Part| if let Part::Character(c) = part { Some(*c) } else { None };
    let own: BTreeSet<char> = patterns.iter().flatten().filter_map(character).collect();
    let letter = "xyzwvutsrqponmlkjihgfedcba".chars().chain('0'..='9').find(|c| !own.contains(c));
    let digit = if own.contains(&':') { ('0'..='9').find(|c| !own.contains(c)) } else { None };
    letter.into_iter().chain(digit.filter(|_| letter != digit)).chain(own).collect()
}

fn step(patterns: &[Vec<Part>], state: &State, c: char, grammar: Grammar) -> Option<State> {
    let shape = shape(state, c, grammar)?;
    let places = patterns.iter().zip(&state.places).map(|(parts, at)| after(parts, *at, c)).collect();
    Some(State { places, shape, has_underscore: state.has_underscore || c == '_' })
}

/// Returns the state after one more character. SPEC: the grammar of repository names, as [`ResourceName`] parses
/// it, but without hosts in brackets.
///
/// [`ResourceName`]: crate::domain::resource::ResourceName
fn shape(state: &State, c: char, grammar: Grammar) -> Option<Shape> {
    if grammar == Grammar::Printable {
        return (c.is_ascii_graphic() && c != '/').then_some(Shape::Free);
    }
    let is_word = c.is_ascii_lowercase() || c.is_ascii_digit();
    match (state.shape, c) {
        (Shape::Port(digits), _) => (c.is_ascii_digit() && digits < 5).then_some(Shape::Port(digits + 1)),
        (_, _) if is_word => Some(Shape::Word),
        (Shape::Word, '.') | (Shape::Underscore, '_') => Some(Shape::Separator),
        (Shape::Word, '_') => Some(Shape::Underscore),
        (Shape::Word | Shape::Dash, '-') => Some(Shape::Dash),
        (Shape::Word, ':') if grammar == Grammar::First && !state.has_underscore => Some(Shape::Port(0)),
        _ => None,
    }
}

/// Adds the places after a `*` that matches nothing.
fn closed(parts: &[Part], mut places: u128) -> u128 {
    for (at, part) in parts.iter().enumerate() {
        if *part == Part::Run && places & (1 << at) != 0 {
            places |= 1 << (at + 1);
        }
    }
    places
}

fn after(parts: &[Part], places: u128, c: char) -> u128 {
    let mut next = 0;
    for (at, part) in parts.iter().enumerate() {
        if places & (1 << at) != 0 {
            match part {
                Part::Run => next |= 1 << at,
                Part::One => next |= 1 << (at + 1),
                Part::Character(own) if *own == c => next |= 1 << (at + 1),
                Part::Character(_) => {}
            }
        }
    }
    closed(parts, next)
}

fn accepted(patterns: &[Vec<Part>], state: &State) -> Vec<usize> {
    let ended = |(parts, places): (&Vec<Part>, &u128)| places & (1 << parts.len()) != 0;
    let pairs = patterns.iter().zip(&state.places).enumerate();
    pairs.filter(|(_, pair)| ended(*pair)).map(|(number, _)| number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found() {
        let parts = |text: &str| -> Vec<Part> {
            let part = |c| match c {
                '*' => Part::Run,
                '?' => Part::One,
                _ => Part::Character(c),
            };
            text.chars().map(part).collect()
        };
        let told = |patterns: &[&str], grammar| {
            let patterns: Vec<Vec<Part>> = patterns.iter().map(|text| parts(text)).collect();
            let kinds = kinds(&patterns, grammar, &mut Work::new(1_000_000)).unwrap();
            kinds.into_iter().map(|kind| format!("{} {:?}", kind.text, kind.fits)).collect::<Vec<_>>()
        };
        assert_eq!(told(&["a*"], Grammar::Component), ["x []", "a [0]"]);
        assert_eq!(told(&["a*", "*b"], Grammar::Component), ["x []", "a [0]", "b [1]", "ab [0, 1]"]);
        // The first pattern needs two characters, so the literal `aa` matches it as well.
        assert_eq!(told(&["?*?", "aa"], Grammar::Component), ["x []", "xx [0]", "aa [0, 1]"]);
        assert_eq!(
            told(&["*-", "A*"], Grammar::Component),
            ["x []"],
            "no path component matches these patterns"
        );
        assert_eq!(told(&["h:*"], Grammar::First), ["x []", "x:0 []", "h:0 [0]"]);
        assert_eq!(told(&["A*"], Grammar::Printable), ["x []", "A [0]"]);
        assert_eq!(kinds(&[parts("a*b*c")], Grammar::First, &mut Work::new(3)), None);
    }
}

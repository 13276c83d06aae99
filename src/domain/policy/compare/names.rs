//! Makes one name of each kind. Two names are of the same kind if they match the same patterns.
//!
//! The search follows all patterns at once, segment by segment. Two beginnings of names may lead to the same places
//! in the patterns. Such beginnings continue in the same ways, so only the first one is followed. No kind of name
//! that the search wants is left out, unless the work counts a miss or the name begins with a host in brackets.
//! There are about as many kinds as patterns.

use super::pattern::{Part, Pattern, Segment};
use super::segments::{self, Grammar};
use super::work::Work;
use crate::domain::resource::{ResourceName, ResourceType};
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};

/// A name, and the numbers of the wanted patterns that it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain::policy) struct Sample {
    pub(in crate::domain::policy) name: ResourceName,
    pub(in crate::domain::policy) fits: Vec<usize>,
}

/// A place in a pattern: the number of the pattern, and the number of its segments that are matched.
type Place = (usize, usize);

/// The places in all patterns that a beginning of a name leads to, sorted.
type State = Vec<Place>;

/// All patterns of a search. A name must match one of the first `wanted` patterns.
pub(in crate::domain::policy) struct Patterns<'a> {
    pub(in crate::domain::policy) all: &'a [Pattern],
    pub(in crate::domain::policy) wanted: usize,
    /// A name must also match one of these patterns; `None` if any name will do.
    pub(in crate::domain::policy) needed: Option<&'a BTreeSet<usize>>,
    /// The resource type of the names.
    pub(in crate::domain::policy) of: &'a ResourceType,
}

/// The places of a state, grouped by the segment that may follow.
#[derive(Default)]
struct Next<'a> {
    deep: Vec<Place>,
    any: Vec<Place>,
    mixed: BTreeMap<&'a [Part], Vec<Place>>,
    literal: BTreeMap<&'a str, Vec<Place>>,
}

impl<'a> Patterns<'a> {
    /// Returns a name of each kind that matches a wanted pattern, the shortest names first.
    pub(in crate::domain::policy) fn samples(&self, work: &mut Work) -> Vec<Sample> {
        let mut start = State::new();
        for number in 0..self.all.len() {
            self.enter((number, 0), &mut start);
        }
        start.sort_unstable();
        let mut samples = Vec::new();
        let mut kinds = HashSet::new();
        let mut seen = HashSet::from([(start.clone(), false)]);
        let mut queue = VecDeque::from([(start, None::<String>)]);
        while let Some((state, beginning)) = queue.pop_front() {
            if !work.spend(1 + state.len()) {
                break;
            }
            for (segment, next) in self.nexts(&state, beginning.is_none(), work) {
                let text = match &beginning {
                    Some(beginning) => format!("{beginning}/{segment}"),
                    None => segment,
                };
                let fitted: Vec<usize> = next.iter().filter(|at| self.is_end(**at)).map(|at| at.0).collect();
                if self.are_enough(fitted.iter().copied())
                    && !kinds.contains(&fitted)
                    && let Ok(name) = ResourceName::parse(self.of, &text)
                {
                    let fits = fitted.iter().copied().take_while(|number| *number < self.wanted).collect();
                    samples.push(Sample { name, fits });
                    kinds.insert(fitted);
                }
                // A host alone is not yet the name of a repository.
                let is_host = beginning.is_none() && text.contains(':') && self.of.is_repository();
                let open = next.iter().filter(|at| !self.is_end(**at)).map(|at| at.0);
                if self.are_enough(open) && seen.insert((next.clone(), is_host)) {
                    queue.push_back((next, Some(text)));
                }
            }
        }
        samples
    }

    /// Returns true if one of these patterns is wanted, and one of them is in `needed` (unless `needed` is `None`).
    fn are_enough(&self, patterns: impl Iterator<Item = usize> + Clone) -> bool {
        patterns.clone().any(|number| number < self.wanted)
            && self.needed.is_none_or(|needed| patterns.clone().any(|number| needed.contains(&number)))
    }

    fn segment(&self, place: Place) -> Option<&'a Segment> {
        self.all.get(place.0)?.get(place.1)
    }

    fn is_last(&self, place: Place) -> bool {
        self.all.get(place.0).is_some_and(|pattern| place.1 + 1 == pattern.len())
    }

    fn is_end(&self, place: Place) -> bool {
        self.all.get(place.0).is_some_and(|pattern| place.1 == pattern.len())
    }

    /// Adds a place. If an inner `**` follows, also adds the place after it, because `**` may match nothing.
    fn enter(&self, mut place: Place, into: &mut State) {
        into.push(place);
        while matches!(self.segment(place), Some(Segment::Deep)) && !self.is_last(place) {
            place.1 += 1;
            into.push(place);
        }
    }

    /// Returns a segment of each kind that may follow, and the state after each segment.
    fn nexts(&self, state: &State, is_first: bool, work: &mut Work) -> Vec<(String, State)> {
        let mut next = Next::default();
        for place in state {
            match self.segment(*place) {
                Some(Segment::Deep) => next.deep.push(*place),
                Some(Segment::Any) => next.any.push(*place),
                Some(Segment::Mixed(parts)) => next.mixed.entry(parts.as_slice()).or_default().push(*place),
                Some(Segment::Literal(text)) => next.literal.entry(text.as_str()).or_default().push(*place),
                None => {}
            }
        }
        let mut nexts = if next.mixed.is_empty() {
            self.plain(&next, is_first, work)
        } else {
            self.mixed(&next, is_first, work)
        };
        if !self.of.is_repository() {
            // Only `**` matches an empty segment.
            nexts.push((String::new(), self.led(&next, None, [])));
        }
        nexts
    }

    /// Returns each literal segment that may follow, and one segment that differs from all of them.
    fn plain(&self, next: &Next<'_>, is_first: bool, work: &mut Work) -> Vec<(String, State)> {
        let mut other = "x".to_owned();
        while next.literal.contains_key(other.as_str()) {
            other.push('x');
        }
        let mut nexts = vec![(other, self.led(next, Some(&next.any), []))];
        for (text, places) in &next.literal {
            if !work.spend(1 + next.deep.len() + next.any.len()) {
                break;
            }
            if self.may_stand(text, is_first) {
                nexts.push(((*text).to_owned(), self.led(next, Some(&next.any), [places])));
            }
        }
        nexts
    }

    /// Returns a segment of each kind that the literals and the patterns with wildcards distinguish.
    fn mixed(&self, next: &Next<'_>, is_first: bool, work: &mut Work) -> Vec<(String, State)> {
        let grammar = match (self.of.is_repository(), is_first) {
            (true, true) => Grammar::First,
            (true, false) => Grammar::Component,
            (false, _) => Grammar::Printable,
        };
        let literal = |text: &&str| text.chars().map(Part::Character).collect::<Vec<Part>>();
        let mixed = next.mixed.keys().map(|parts| parts.to_vec());
        let patterns: Vec<Vec<Part>> = mixed.chain(next.literal.keys().map(literal)).collect();
        let places: Vec<&Vec<Place>> = next.mixed.values().chain(next.literal.values()).collect();
        let mut nexts = Vec::new();
        for kind in segments::kinds(&patterns, grammar, work).unwrap_or_default() {
            if !work.spend(1 + next.deep.len() + next.any.len()) {
                break;
            }
            let fitted = kind.fits.iter().filter_map(|number| places.get(*number).copied());
            let state = self.led(next, Some(&next.any), fitted);
            nexts.push((kind.text, state));
        }
        nexts
    }

    fn may_stand(&self, text: &str, is_first: bool) -> bool {
        ResourceName::parse(self.of, text).is_ok()
            || (is_first && ResourceName::parse(self.of, &format!("{text}/x")).is_ok())
    }

    /// Returns the state after a segment that matches at these places, at `any`, and at every `**`.
    fn led<'p>(
        &self,
        next: &Next<'_>,
        any: Option<&'p Vec<Place>>,
        fitted: impl IntoIterator<Item = &'p Vec<Place>>,
    ) -> State {
        let mut state = State::new();
        for place in &next.deep {
            self.enter(*place, &mut state);
            if self.is_last(*place) {
                state.push((place.0, place.1 + 1));
            }
        }
        for place in any.into_iter().chain(fitted).flatten() {
            self.enter((place.0, place.1 + 1), &mut state);
        }
        state.sort_unstable();
        state.dedup();
        state
    }
}

#[cfg(test)]
mod tests {
    use super::super::pattern::patterns;
    use super::*;
    use crate::domain::policy::NameGlob;
    use crate::domain::subject::Subject;

    #[test]
    fn a_name_of_every_kind_is_found() {
        let told = |of: &str, globs: &[&str]| {
            let of = ResourceType::parse(of).unwrap();
            let all: Vec<Pattern> = globs
                .iter()
                .flat_map(|glob| patterns(&NameGlob::parse(glob).unwrap(), &Subject::anonymous()).0)
                .collect();
            let patterns = Patterns { all: &all, wanted: 1, needed: None, of: &of };
            let mut work = Work::new(1_000_000);
            let samples = patterns.samples(&mut work);
            assert_eq!(work.missed(), 0);
            samples.into_iter().map(|sample| sample.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(told("repository", &["web/**"]), ["web/x"]);
        assert_eq!(told("repository", &["**", "web/**", "web/a"]), ["x", "web/x", "web/a"]);
        assert_eq!(told("repository", &["a/**/b", "a/*/b"]), ["a/b", "a/x/b"]);
        assert_eq!(told("repository", &["a/*", "a/x"]), ["a/xx", "a/x"]);
        assert_eq!(told("repository", &["Upper/**"]), [""; 0]);
        assert_eq!(told("repository", &["h:5000/*", "**"]), ["h:5000/x"]);
        assert_eq!(told("registry", &["**", "*", "*/**"]), ["x", "x/x", "/x"]);
        // A name that `a*` matches and a name that only `*` matches are of two kinds.
        assert_eq!(told("repository", &["*", "a*"]), ["x", "a"]);
    }
}

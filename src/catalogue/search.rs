//! The search for names that contain a text, best matches first.

use super::names::ServiceNames;
use crate::domain::service::ServiceName;
use crate::snapshot::{Effort, Sight};
use std::ops::Range;
use std::time::Instant;

/// The query of a client for a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// The text to search for. An empty text finds every name.
    pub term: String,
    /// The greatest number of results.
    pub most: usize,
}

/// A repository that the search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The name of the repository.
    pub name: String,
    /// The description of the repository.
    pub description: String,
}

/// Returns the distance between a name and the text of the search: 0 if they are equal, 1 if a segment of the name
/// begins with the text, 2 if the text is elsewhere in the name. Returns `None` if the name does not contain the text.
fn distance(name: &str, term: &str, finder: &memchr::memmem::Finder<'_>) -> Option<usize> {
    let bytes = name.as_bytes();
    let first = finder.find(bytes)?;
    if name == term {
        return Some(0);
    }
    let begins_segment = |at: usize| at == 0 || bytes.get(at - 1) == Some(&b'/');
    let rest = bytes.get(first..).unwrap_or_default();
    let begins = begins_segment(first) || finder.find_iter(rest).any(|at| begins_segment(first + at));
    Some(if begins { 1 } else { 2 })
}

/// Returns the places of the names that contain the text: one list for each [`distance`], best matches first.
fn candidates(names: &ServiceNames, ranges: &[Range<usize>], term: &str) -> [Vec<usize>; 3] {
    let finder = memchr::memmem::Finder::new(term);
    let mut by_distance = [Vec::new(), Vec::new(), Vec::new()];
    for place in ranges.iter().cloned().flatten() {
        let near = distance(names.at(place), term, &finder);
        if let Some(places) = near.and_then(|near| by_distance.get_mut(near)) {
            places.push(place);
        }
    }
    by_distance
}

/// Searches the names that the client may pull. If the effort is spent first, the result lacks later matches.
pub(super) fn search(
    names: &ServiceNames,
    sight: &Sight,
    service: &ServiceName,
    query: &SearchQuery,
    mut effort: Effort,
) -> Vec<Found> {
    // Names of repositories are in lower case.
    let term = query.term.to_lowercase();
    let ranges = names.seen_by(sight, service);
    let places: Vec<usize> = candidates(names, &ranges, &term).into_iter().flatten().collect();
    let (mut found, mut rest) = (Vec::new(), places.as_slice());
    while !rest.is_empty() && found.len() < query.most && !effort.is_spent() {
        let began = Instant::now();
        let (chunk, others) = rest.split_at_checked(effort.next(Effort::PORTION)).unwrap_or((rest, &[]));
        rest = others;
        let asked: Vec<&str> = chunk.iter().map(|place| names.at(*place)).collect();
        let granted = sight.granted(service, &asked);
        let seen = chunk.iter().filter(|place| granted.contains(names.at(**place)));
        found.extend(seen.map(|place| Found {
            name: names.at(*place).to_owned(),
            description: names.description(*place).to_owned(),
        }));
        effort.spend(chunk.len(), began);
    }
    found.truncate(query.most);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_itself_comes_first_then_beginnings_of_segments() {
        let mut names = ServiceNames::default();
        for name in ["api", "my-api", "team/api", "team/api-2", "team/happier", "x"] {
            names.push(name, "");
        }
        let all = names.beginning_with(&[String::new()]);
        let found = |term: &str| -> Vec<&str> {
            candidates(&names, &all, term).into_iter().flatten().map(|place| names.at(place)).collect()
        };
        assert_eq!(found("api"), ["api", "team/api", "team/api-2", "my-api"]);
        assert_eq!(found("pi"), ["api", "my-api", "team/api", "team/api-2", "team/happier"]);
        assert_eq!(found("").len(), 6);
        assert!(found("zzz").is_empty());
    }
}

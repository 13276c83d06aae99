//! Circles between files: each file uses a name that the next file defines, and the last file uses a name of the first.

use crate::names::Edges;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

/// A group of files that all lead to each other.
pub struct Circle {
    /// The number of files on the shortest circle.
    length: usize,
    /// The edges with their names. The edges of the shortest circle come first.
    pub text: String,
}

/// Finds the shortest way from one file to another. The result contains both ends.
fn way<'a>(edges: &'a Edges, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([from]);
    while let Some(file) = next.pop_front() {
        if file == to {
            let mut way = vec![file];
            while let Some(earlier) =
                way.last().filter(|last| **last != from).and_then(|last| before.get(last))
            {
                way.push(*earlier);
            }
            way.reverse();
            return Some(way);
        }
        for other in edges.get(file).into_iter().flat_map(BTreeMap::keys) {
            if other != from && !before.contains_key(other.as_str()) {
                before.insert(other, file);
                next.push_back(other);
            }
        }
    }
    None
}

fn circle(edges: &Edges, files: BTreeSet<String>) -> Circle {
    let inside = |from: &String| {
        let to = edges.get(from).into_iter().flatten().filter(|(to, _)| files.contains(*to));
        to.map(|(to, names)| (to.clone(), names.clone())).collect::<BTreeMap<_, _>>()
    };
    let own: Edges = files.iter().map(|from| (from.clone(), inside(from))).collect();
    let pairs = own.iter().flat_map(|(from, all)| all.keys().map(move |to| (from, to)));
    let rounds = pairs.filter_map(|(from, to)| way(&own, to, from));
    let mut shortest = rounds.min_by_key(Vec::len).unwrap_or_default();
    shortest.rotate_right(1);
    let mut text = format!("a circle of {} files, its shortest way round first:\n", files.len());
    let mut tell = |from: &str, to: &str| {
        let names = own[from][to].iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        writeln!(text, "    {from} -> {to}: {names}").unwrap();
    };
    let after = shortest.iter().cycle().skip(1);
    let round: Vec<(&str, &str)> = shortest.iter().copied().zip(after.copied()).collect();
    round.iter().for_each(|(from, to)| tell(from, to));
    for (from, to) in own.iter().flat_map(|(from, all)| all.keys().map(move |to| (from, to))) {
        if !round.contains(&(from.as_str(), to.as_str())) {
            tell(from, to);
        }
    }
    Circle { length: shortest.len(), text }
}

/// Finds every file that can be reached from a file.
fn reached<'a>(edges: &'a Edges, from: &'a str) -> BTreeSet<&'a str> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        let others = edges.get(file).into_iter().flat_map(BTreeMap::keys);
        next.extend(others.map(String::as_str).filter(|other| found.insert(*other)));
    }
    found
}

/// Finds all circles, shortest first.
pub fn circles(edges: &Edges) -> Vec<Circle> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|from| (from.as_str(), reached(edges, from))).collect();
    let leads_back = |from: &str, to: &str| reached.get(to).is_some_and(|back| back.contains(from));
    let with = |(from, to): (&&str, &BTreeSet<&str>)| {
        to.iter().filter(|to| leads_back(from, to)).map(|file| (*file).to_owned()).collect()
    };
    let found: BTreeSet<BTreeSet<String>> = reached.iter().map(with).collect();
    let mut circles: Vec<Circle> =
        found.into_iter().filter(|files| !files.is_empty()).map(|files| circle(edges, files)).collect();
    circles.sort_by_key(|circle| circle.length);
    circles
}

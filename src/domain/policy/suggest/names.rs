//! Makes narrower patterns from the names that were used.

use crate::domain::policy::coverage;
use crate::domain::policy::fields::MAX_ENTRIES;
use crate::domain::policy::glob::NameGlob;
use std::collections::{BTreeMap, BTreeSet};

/// The greatest number of patterns that replace one pattern.
const MOST_PATTERNS: usize = 5;

/// Returns narrower patterns that match all used names; `None` if there are none. For each pattern of `globs`,
/// `used` contains the used names that match the pattern. A pattern with a placeholder stays as it is, because its
/// text is different for each subject.
pub(super) fn narrower(globs: &[NameGlob], used: &[BTreeSet<&str>]) -> Option<Box<[NameGlob]>> {
    let mut narrow: Vec<NameGlob> = Vec::new();
    for (glob, names) in globs.iter().zip(used) {
        let cut = if glob.has_placeholder() { None } else { cut(glob, names) };
        for one in cut.unwrap_or_else(|| vec![glob.clone()]) {
            if !narrow.contains(&one) {
                narrow.push(one);
            }
        }
    }
    let is_new = !narrow.is_empty() && narrow.len() <= MAX_ENTRIES && *narrow != *globs;
    is_new.then(|| narrow.into())
}

/// Returns the patterns that replace one pattern; `None` if the pattern must stay. All names with the same first
/// segment get the pattern of their common segments: `team/x/a` and `team/x/b` give `team/x/**`. A name that is the
/// only one with its first segment is its own pattern. If there are no names, the list is empty: the pattern is
/// removed.
fn cut(glob: &NameGlob, names: &BTreeSet<&str>) -> Option<Vec<NameGlob>> {
    let mut by_first: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in names {
        by_first.entry(name.split('/').next().unwrap_or_default()).or_default().push(name);
    }
    let mut patterns = Vec::new();
    for names in by_first.values() {
        patterns.extend(common(names));
        if patterns.len() > MOST_PATTERNS {
            return None;
        }
    }
    let parsed: Vec<NameGlob> =
        patterns.iter().map(|text| NameGlob::parse_plain(text)).collect::<Result<_, _>>().ok()?;
    let is_within = parsed.iter().all(|one| coverage::name(glob, one));
    let is_as_wide = parsed.iter().any(|one| coverage::name(one, glob));
    (is_within && !is_as_wide).then_some(parsed)
}

/// Returns the patterns for names that begin with the same segment. `team/**` does not match `team`, so a name that
/// is exactly the common part gets a pattern of its own.
fn common(names: &[&str]) -> Vec<String> {
    let Some((first, others)) = names.split_first() else { return Vec::new() };
    if others.is_empty() {
        return vec![(*first).to_owned()];
    }
    let mut shared: Vec<&str> = first.split('/').collect();
    for name in others {
        let same = shared.iter().zip(name.split('/')).take_while(|(one, other)| *one == other).count();
        shared.truncate(same);
    }
    let shared = shared.join("/");
    let own = names.contains(&shared.as_str()).then(|| shared.clone());
    own.into_iter().chain([format!("{shared}/**")]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the patterns that replace `glob`. Spaces separate the names in `names`, and the patterns in the
    /// result.
    fn cut_texts(glob: &str, names: &str) -> Option<String> {
        let cut = cut(&NameGlob::parse(glob).unwrap(), &names.split_whitespace().collect());
        cut.map(|globs| globs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn names_are_cut_to_their_common_segments() {
        for (glob, names, expected) in [
            ("**", "team/a team/b", Some("team/**")),
            ("**", "team/x/a team/x/b", Some("team/x/**")),
            ("**", "team team/b", Some("team team/**")),
            ("**", "team/a", Some("team/a")),
            ("**", "a/1 b/2 b/3", Some("a/1 b/**")),
            ("**", "a b c d e f", None),
            ("team/*", "team/a team/b", None),
            ("team/*", "team/a", Some("team/a")),
            ("team/**", "team/a team/b", None),
            ("team/**", "", Some("")),
        ] {
            assert_eq!(cut_texts(glob, names).as_deref(), expected, "{glob} {names}");
        }
    }
}

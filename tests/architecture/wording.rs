//! The words of the project: phrases that no comment, document, help or message may contain, each with what to write.
//!
//! INVARIANT: no false alarms: the list contains only phrases that are never good English.

use std::path::{Path, PathBuf};

/// The forbidden phrases in lower case, each with what to write in its place.
const NEVER: &[(&str, &str)] = &[
    ("belong into", "must be passed in, belong in"),
    ("belongs into", "must be passed in, belongs in"),
    ("near to it come", "closest rules:"),
    ("are there whole", "are written atomically"),
    ("is none that can", "cannot be"),
    ("are none that can", "cannot be"),
    ("nobody is meant to", "is read-only"),
    ("waits for nobody", "does not wait"),
    ("who comes again", "a returning client"),
    ("costs no question", "needs no query"),
    ("never came so far", "that cannot be read, that were refused before"),
    ("except whom", "except those whom, except those for whom"),
    ("who is no ", "who is not a"),
    ("who are no ", "who are not"),
    ("credentials used before go on", "recently used credentials keep working"),
    ("access keys go on", "access keys keep working"),
    ("the same without what", "name what is left out"),
    ("sealed anew", "sealed again"),
    ("have had their time", "have ended"),
    ("and be it one", "even one"),
    ("or is none", "or is not one"),
    ("holds nobody up", "does not delay others"),
    ("whoever it was", "anybody"),
];

/// The files and folders whose texts this test checks.
const PLACES: &[&str] = &[
    "src",
    "docs",
    "tests",
    "benches",
    "packaging",
    "migrations",
    "README.md",
    "build.rs",
    "console/src",
    "console/tests",
    "console/README.md",
];

/// Collects all files below a place, except the folders `fixtures`.
pub fn files(place: &Path, into: &mut Vec<PathBuf>) {
    // Fixtures are files of releases and recordings. They are never changed, whatever their words.
    if place.file_name().is_some_and(|name| name == "fixtures") {
        return;
    }
    if place.is_dir() {
        for entry in std::fs::read_dir(place).unwrap() {
            files(&entry.unwrap().path(), into);
        }
    } else {
        into.push(place.to_owned());
    }
}

/// The words of a text, without the marks of comments at the beginning of its lines.
fn words(text: &str) -> Vec<(usize, String)> {
    let marks = ["//!", "///", "//", "#", "--", "*", "\\"];
    let of_line = |(number, line): (usize, &str)| {
        let words = line.split_whitespace().filter(|word| !marks.contains(word));
        words.map(|word| (number + 1, word.to_lowercase())).collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(of_line).collect()
}

/// Finds `is no …` where `is not a …` is meant. Allows `there is no …`, and comparatives such as `is no longer`.
fn is_no(words: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (index, pair) in words.windows(2).enumerate() {
        let [(number, verb), (_, no)] = pair else { continue };
        let is_there = words[index.saturating_sub(3)..index].iter().any(|(_, word)| word.ends_with("there"));
        let after = words.get(index + 2).map_or("", |(_, word)| word.as_str());
        let is_degree = ["longer", "more", "less", "fewer", "later", "earlier"]
            .iter()
            .any(|degree| after.trim_end_matches(|c: char| !c.is_alphabetic()) == *degree);
        let is_verb = matches!(verb.as_str(), "is" | "are" | "was" | "were");
        if is_verb && no == "no" && !is_there && !is_degree {
            found.push((*number, format!("`{verb} no {after}`: write `{verb} not`")));
        }
    }
    found
}

/// The faults in the words of a text, line by line.
fn faults(text: &str) -> Vec<(usize, String)> {
    let words = words(text);
    let mut found = is_no(&words);
    let joined: String = words.iter().map(|(_, word)| format!("{word} ")).collect();
    for (phrase, better) in NEVER {
        for (at, _) in joined.match_indices(phrase) {
            let before = joined.get(..at).unwrap_or_default().matches(' ').count();
            let number = words.get(before).map_or(0, |(number, _)| *number);
            found.push((number, format!("`{}`: write: {better}", phrase.trim())));
        }
    }
    found
}

#[test]
fn the_words_of_the_project_are_plain_english() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    PLACES.iter().for_each(|place| files(&root.join(place), &mut all));
    assert!(all.len() > 300, "only {} files were found", all.len());
    let mut found = Vec::new();
    // This file contains the forbidden words.
    for file in all.iter().filter(|file| !file.ends_with("tests/architecture/wording.rs")) {
        // Pictures and archives contain no text.
        let Ok(text) = std::fs::read_to_string(file) else { continue };
        let shown = file.strip_prefix(root).unwrap().display().to_string();
        found.extend(faults(&text).into_iter().map(|(number, what)| format!("{shown}:{number}: {what}")));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn each_kind_of_fault_is_found_and_nothing_else() {
    for text in [
        "`x` is no URL",
        "//! They are no\n//! part of it",
        "Who is no administrator",
        "it does not belong\n    // into a flag",
        "except whom rule `x` denies",
        "Near to it come: a, b",
    ] {
        assert!(!faults(text).is_empty(), "{text}");
    }
    for text in [
        "there is no rule",
        "There may be no such file, and there are no others",
        "it is no longer there",
        "tokens are no more than 60 s old",
        "the closest rules: a, b",
        "it belongs in a file",
    ] {
        assert_eq!(faults(text), [], "{text}");
    }
    assert_eq!(faults("a\nb is no\nregistry")[0].0, 2);
}

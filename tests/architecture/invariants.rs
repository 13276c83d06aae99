//! Checks the section "Invariants" of `docs/architecture.md`: each invariant must name the tests that prove it. Also
//! checks that only a few files ask the system for the time or for random numbers.

use crate::all_sources;
use crate::layers::code;
use regex::Regex;
use std::path::Path;

/// The calls that ask the system for the time or for random numbers. `Instant` is not in the list, because it does not
/// tell the time of day.
const OF_THE_SYSTEM: [&str; 5] =
    ["SystemTime::now", "OffsetDateTime::now", "Utc::now", "SystemRandom::new", "getrandom::"];

/// The files that may make these calls.
const HOMES: [&str; 2] = ["clock.rs", "entropy.rs"];

/// The files that create keys and signatures. There the library takes random numbers from the system.
const KEY_MATERIAL: [&str; 2] = ["token/key.rs", "token/provider.rs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the invariants of a document, each as one line.
fn invariants(document: &str) -> Vec<String> {
    let (_, after) = document.split_once("\n## Invariants\n").unwrap_or_default();
    let section = after.split("\n## ").next().unwrap_or_default();
    let bullets = section.split("\n- ").skip(1);
    bullets.map(|bullet| bullet.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

/// Returns true if a file has a test of this name. The test has an attribute, or is in a list of promises from which a
/// macro makes tests.
fn has_test(text: &str, name: &str) -> bool {
    let by_attribute = format!(r"#\[(?:tokio::)?test[^\n]*\n(?:\s*#\[[^\n]*\n)*\s*(?:async )?fn {name}\(");
    let by_macro = format!(r"\bpub async fn {name}\(store: Store\)");
    [by_attribute, by_macro].iter().any(|expression| Regex::new(expression).unwrap().is_match(text))
}

/// Finds the faults of an invariant: it must name tests that exist.
fn faults(invariant: &str) -> Vec<String> {
    let held = Regex::new(r"`((?:tests|src)/[a-z_/]+\.rs)::([a-z0-9_]+)`").unwrap();
    let shown: String = invariant.chars().take(60).collect();
    let mut found = Vec::new();
    for named in held.captures_iter(invariant) {
        let text = std::fs::read_to_string(root().join(&named[1])).unwrap_or_default();
        if !has_test(&text, &named[2]) {
            found.push(format!("{shown}: there is no test `{}` in {}", &named[2], &named[1]));
        }
    }
    if !held.is_match(invariant) {
        found.push(format!("{shown}: names no test that holds it, as `tests/FILE.rs::NAME`"));
    }
    found
}

#[test]
fn each_invariant_names_a_test_that_exists() {
    let document = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let all = invariants(&document);
    assert!(all.len() > 10, "the section `Invariants` has only {} entries", all.len());
    let found: Vec<String> = all.iter().flat_map(|invariant| faults(invariant)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn an_invariant_without_a_test_is_noticed() {
    let document = "# A\n\n## Invariants\n\n- **One.** Held by\n  `tests/architecture/invariants.rs::an_invariant_without_a_test_is_noticed`.\n- **Two.**\n\n## B\n\n- Three.\n";
    let all = invariants(document);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(faults(&all[0]), [""; 0]);
    assert!(faults(&all[1])[0].contains("names no test"));
    assert!(faults("`tests/architecture/invariants.rs::gone`")[0].contains("there is no test `gone`"));
    assert!(faults("`tests/gone.rs::gone`")[0].contains("in tests/gone.rs"));
    // A function that is not a test proves nothing.
    assert!(!faults("`tests/architecture/invariants.rs::root`").is_empty());
}

#[test]
fn time_and_chance_come_from_their_homes_alone() {
    let asks = |text: &str| OF_THE_SYSTEM.iter().find(|words| text.contains(**words)).copied();
    let mut homes = 0;
    for source in all_sources() {
        let asked = asks(&code(&source.text));
        if KEY_MATERIAL.iter().any(|file| source.path == Path::new(file)) {
            assert_eq!(asked, Some("SystemRandom::new"), "{}", source.path.display());
        } else if HOMES.iter().any(|home| source.path == Path::new(home)) {
            homes += usize::from(asked.is_some());
        } else {
            assert_eq!(asked, None, "{}", source.path.display());
        }
    }
    assert_eq!(homes, HOMES.len(), "a file of HOMES does not ask the system");
}

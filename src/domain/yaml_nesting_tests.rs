//! Tests that the scan finds the same nesting as the YAML library.

use super::*;
use proptest::prelude::*;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::Cell;
use std::fmt;

/// A reader of any YAML that notes the nesting depth.
#[derive(Clone, Copy)]
struct Depth<'d> {
    deepest: &'d Cell<usize>,
    here: usize,
}

impl<'d> Depth<'d> {
    fn inside(self) -> Self {
        let here = self.here + 1;
        self.deepest.set(self.deepest.get().max(here));
        Self { here, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Depth<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Depth<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inside = self.inside();
        while list.next_element_seed(inside)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inside = self.inside();
        while map.next_key_seed(inside)?.is_some() {
            map.next_value_seed(inside)?;
        }
        Ok(())
    }
    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, tagged: A) -> Result<(), A::Error> {
        use serde::de::VariantAccess;
        let (IgnoredAny, value) = tagged.variant()?;
        value.newtype_variant_seed(self)
    }
}

/// Returns the nesting depth in the part of the text that the library can read. The second value is true if the
/// library read the whole text.
fn by_the_library(text: &str) -> (usize, bool) {
    let deepest = Cell::new(0);
    let read = Depth { deepest: &deepest, here: 0 }.deserialize(yaml_serde::Deserializer::from_str(text));
    (deepest.get(), read.is_ok())
}

/// Returns the nesting depth that the scan finds.
fn by_the_scan(text: &str) -> usize {
    let (mut scan, mut deepest) = (Scan::of(text), 0);
    while scan.token().unwrap_or(false) {
        deepest = deepest.max(scan.depth());
    }
    deepest
}

/// The pieces from which test texts are made.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "[", "[", "[", "]", "]", "{", "}", ",", ", ", ": ", ":", "- ", "? ", "-", "?", "\n", "\n", "\n  ",
    "\n ", "\n    ", " ", "  ", "\t", "a", "b: ", "a: ", "é", "1", "\"", "\"", "'", "''", "\\", "\\\"", "|",
    ">", "|\n", ">-\n", "|+2\n", "#", " #", "&x ", "*x ", "!t ", "!<t,'[> ", "---", "\n---\n", "...",
    "\u{2028}", "\r\n", "\u{feff}", "key: |\n  text [\n", "'[' ", "\"[\" ", "[a, [b]]: ", "x\n  y", "%",
    "@",
];

fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, max_global_rejects: 100_000, ..ProptestConfig::default() })]

    /// Compares the depth of the library with `2 * (scan + 1)`. If the library reads the whole text, the scan must not
    /// find more than the library.
    ///
    /// The factor 2: one bracket or one indentation of the scan begins at most two collections of the library. For
    /// example, `[a: b]` is a mapping in a list, and `a:\n- b` is a list in a mapping. Both have depth 1 in the scan.
    ///
    /// The 1: the scan notices a mapping only at the `:` after its key. For example, `[a: b]: c` has depth 3 in the
    /// library, because a mapping begins before the bracket. The same text has depth 1 in the scan.
    #[test]
    fn the_scan_misses_nothing_that_the_library_finds(text in pieces()) {
        // An alias repeats content that the scan counts once. The library has its own bounds for aliases.
        prop_assume!(!text.contains('*'));
        let (library, is_whole) = by_the_library(&text);
        let scan = by_the_scan(&text);
        prop_assert!(library <= 2 * (scan + 1), "{text:?}: {library} for the library, {scan} for the scan");
        if is_whole {
            prop_assert!(scan <= library, "{text:?}: {library} for the library, {scan} for the scan");
        }
    }
}

#[test]
fn brackets_count_where_they_are_brackets() {
    let (open, list) = ("[".repeat(65), format!("{}{}", "[".repeat(64), "]".repeat(64)));
    for (text, line) in [
        (open.clone(), Some(1)),
        (format!("a: b\nlabels: {open}"), Some(2)),
        (format!("a: |\n  {open}\nb: c"), None),
        (format!("a:\n  b: |\n   {open}\n  c: {open}"), Some(4)),
        (format!("a: >-\n\n  {open}\n\n"), None),
        (format!("a: \"{open}\"\nb: '{open}'\n# {open}\nc: text {open}"), None),
        (format!("a: \"\\\"{open}\"\nb: 'it''s {open}'"), None),
        (format!("a: \"x\\\\\"\nb: {open}"), Some(2)),
        (list.clone(), None),
        (format!("a: {list}"), Some(1)),
        ([list.as_str(); 100].join("\n"), None),
        (format!("- {}", [list.as_str(); 100].join("\n- ")), Some(1)),
        ("- ".repeat(65), Some(1)),
        ((0..70).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(), Some(65)),
        ("? ".repeat(65), Some(1)),
        ("{a: ".repeat(65), Some(1)),
        (format!("{}x{}", "[\"]\", ".repeat(65), "]".repeat(65)), Some(1)),
        (format!("{}x", "[ # ]\n".repeat(65)), Some(65)),
        (format!("{}x", "[ !<]> a, ".repeat(65)), Some(1)),
        (format!("!<'> {open} '"), Some(1)),
    ] {
        let found = check_yaml_nesting(&text, 64).err().map(YamlFault::line);
        assert_eq!(found, line, "{text}");
    }
}

#[test]
fn directives_are_refused_and_percent_signs_are_not() {
    assert_eq!(check_yaml_nesting("a: 1\n%TAG ! x\n", 64), Err(YamlFault::Directive { line: 2 }));
    for text in ["a: 10%\nb: |\n  %TAG\n", "a: \"\n%\"", " %a", "a: %b"] {
        assert_eq!(check_yaml_nesting(text, 64), Ok(()), "{text}");
    }
}

#[test]
fn long_texts_of_anything_are_scanned_at_once() {
    let began = std::time::Instant::now();
    for text in
        ["[", "]", "[]", "a", "- ", "\"", "'", "a: b\n", " \n", "|\n", "#", "é", "\u{2028}", "? ", "!", "&"]
    {
        let _ = check_yaml_nesting(&text.repeat(512 * 1024 / text.len()), 64);
    }
    // A scan in quadratic time would take hours.
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
}

/// These texts pass the scan, so the library must read them quickly. A text of brackets alone, which keeps the library
/// busy for minutes, does not pass.
#[test]
fn the_library_reads_quickly_whatever_passes_the_scan() {
    let size = 256 * 1024;
    let fill = |piece: &str| piece.repeat(size / piece.len());
    for text in [
        format!("a: [{}]", fill("1,")),
        fill("- a\n"),
        fill("a: b\n"),
        (0..size / 10).map(|n| format!("k{n}: v\n")).collect(),
        (0..size / 16).map(|n| format!("- &a{n} x\n- *a{n}\n")).collect(),
        format!("? {}\n: 1", fill("k")),
        format!("a: \"{}\"", fill("\\n")),
        format!("a: '{}'", fill("''")),
        format!("a: |\n{}", fill("  x\n")),
        format!("a: >\n{}", fill("  x\n\n")),
        format!("a:\n{}", fill("  x\n")),
        format!("a: {}", fill("1")),
        format!("a: 0x{}", fill("f")),
        format!("a: {}", fill("-")),
        format!("[{}", fill("[],")),
        format!("{}[{}", "[".repeat(62), fill("a: [], ")),
        fill("# comment\n"),
        fill("\n"),
        fill("!t a\n"),
    ] {
        let began = std::time::Instant::now();
        check_yaml_nesting(&text, 64).unwrap();
        let _ = yaml_serde::Value::deserialize(yaml_serde::Deserializer::from_str(&text));
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}: {text:.40}", began.elapsed());
    }
}

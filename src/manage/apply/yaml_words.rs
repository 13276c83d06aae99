//! What the YAML library says of a text that is not YAML, in words that say what to change.

/// What libyaml says, and what to do about it.
const WORDS: [(&str, &str); 9] = [
    (
        "did not find expected alphabetic or numeric character",
        "a text that begins with `*` or `&` needs quotes: write '*'",
    ),
    (
        "mapping values are not allowed",
        "a text with `: ` in it needs quotes, or the line above is indented wrongly",
    ),
    ("block sequence entries are not allowed", "a line that begins with `-` stands where no list can be"),
    ("found unexpected end of stream", "a quote or a bracket is not closed"),
    ("did not find expected ',' or ']'", "a list is not closed: `]` or `,` is missing"),
    ("did not find expected ',' or '}'", "a mapping is not closed: `}` or `,` is missing"),
    ("did not find expected key", "the line is not indented as those that it belongs to"),
    ("did not find expected '-' indicator", "the line is not indented as the list that it belongs to"),
    ("could not find expected ':'", "a key has no `:` after it"),
];

/// Says what to change, where the library names only what it looked for. `line` is the line of the place.
pub(super) fn plain(why: &str, line: &str) -> String {
    if why.contains("found character that cannot start any token") || why.contains("tab character") {
        return if line.contains('\t') {
            "a tab stands where only spaces may: indent with spaces".to_owned()
        } else {
            "a text that begins with this character needs quotes".to_owned()
        };
    }
    let known = WORDS.iter().find(|(said, _)| why.contains(said));
    known.map_or_else(|| why.to_owned(), |(_, words)| (*words).to_owned())
}

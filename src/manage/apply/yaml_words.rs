//! Rewords the YAML library's errors, so that people know what to change.

/// The messages of libyaml, each with the advice for people.
const WORDS: [(&str, &str); 9] = [
    (
        "did not find expected alphabetic or numeric character",
        "a text that begins with `*` or `&` needs quotes: write '*'",
    ),
    (
        "mapping values are not allowed",
        "a text with `: ` in it needs quotes, or the line above is indented wrongly",
    ),
    ("block sequence entries are not allowed", "a line begins with `-`, but no list can be there"),
    ("found unexpected end of stream", "a quote or a bracket is not closed"),
    ("did not find expected ',' or ']'", "a list is not closed: `]` or `,` is missing"),
    ("did not find expected ',' or '}'", "a mapping is not closed: `}` or `,` is missing"),
    ("did not find expected key", "the line is not indented like the lines beside it"),
    ("did not find expected '-' indicator", "the line is not indented like the other lines of its list"),
    ("could not find expected ':'", "a key has no `:` after it"),
];

/// Returns the advice for a message of the library, or the message itself if there is no advice. `line` is the line
/// with the error.
pub(super) fn plain(why: &str, line: &str) -> String {
    if why.contains("found character that cannot start any token") || why.contains("tab character") {
        return if line.contains('\t') {
            "there is a tab where only spaces are allowed: indent with spaces".to_owned()
        } else {
            "a text that begins with this character needs quotes".to_owned()
        };
    }
    let known = WORDS.iter().find(|(said, _)| why.contains(said));
    known.map_or_else(|| why.to_owned(), |(_, words)| (*words).to_owned())
}

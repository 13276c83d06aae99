//! Cuts a file into objects: YAML documents between lines `---`, or one JSON object on each line.
//!
//! Reads one document at a time, with limits for its length, its nesting and its processor time. So memory and time
//! stay bounded, even for a huge file or a YAML document that expands without end.

use super::yaml_words;
use crate::domain::yaml_nesting::check_yaml_nesting;
use crate::manage::strict::{Bounds, DEEPEST, read_strict};
use rustix::time::{ClockId, clock_gettime};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::time::Duration;

/// The greatest length of a document, bytes. It is enough for a group of 100,000 members.
const LONGEST: usize = 4 * 1024 * 1024;
/// The largest value of a document, bytes in memory.
const LARGEST_VALUE: usize = 4 * LONGEST;

/// The longest processor time for reading a document, seconds. Unoptimised code takes longer.
const LONGEST_WORK: u64 = if cfg!(debug_assertions) { 20 } else { 1 };

const TOO_MUCH_WORK: &str = "the document takes longer than a second to read: cut it into smaller objects";

/// Returns the processor time of this thread.
fn work() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// The form of the objects in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML documents between lines that are `---`.
    Yaml,
    /// One JSON object on each line.
    Ndjson,
}

/// One document.
#[derive(Debug, PartialEq)]
pub(super) struct Document {
    /// The number of the document, from 1.
    pub(super) number: usize,
    /// The content of the document, or the error in it.
    pub(super) value: Result<Value, String>,
}

/// The documents of a file, read one after the other.
pub(super) struct Documents<R> {
    reader: BufReader<R>,
    format: Format,
    /// The number of documents that were read.
    number: usize,
    /// The number of lines that were read.
    line: usize,
}

impl<R: Read> Documents<R> {
    pub(super) fn new(file: R, format: Format) -> Self {
        Self { reader: BufReader::with_capacity(64 * 1024, file), format, number: 0, line: 0 }
    }

    /// Reads the next document that is not empty. Returns `None` at the end. Stops reading a document once `is_left`
    /// returns true, which means that no client waits.
    pub(super) fn next(&mut self, is_left: &dyn Fn() -> bool) -> std::io::Result<Option<Document>> {
        loop {
            let (lines_before, began) = (self.line, work());
            let stop = || match work().saturating_sub(began) {
                taken if taken > Duration::from_secs(LONGEST_WORK) => Some(TOO_MUCH_WORK),
                _ if is_left() => Some("no client waits for the answer"),
                _ => None,
            };
            let Some(text) = self.next_text()? else {
                return Ok(None);
            };
            let value = match text {
                Ok(text) if self.is_empty(&text) => continue,
                Ok(text) => self.parse(&text, lines_before, &stop),
                Err(why) => Err(format!("line {}: {why}", lines_before + 1)),
            };
            self.number += 1;
            return Ok(Some(Document { number: self.number, value }));
        }
    }

    fn is_empty(&self, text: &str) -> bool {
        text.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || (self.format == Format::Yaml && line.starts_with('#'))
        })
    }

    /// Returns the text of the next document, or the reason why it cannot be read; `None` at the end of the file.
    fn next_text(&mut self) -> std::io::Result<Option<Result<String, String>>> {
        let (mut text, mut line) = (Vec::new(), Vec::new());
        let (mut any, mut too_long) = (false, false);
        loop {
            line.clear();
            let most = u64::try_from(LONGEST).unwrap_or(u64::MAX);
            if (&mut self.reader).take(most).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            any = true;
            let whole = line.last() == Some(&b'\n');
            self.line += usize::from(whole);
            if self.format == Format::Yaml && is_marker(&line) {
                break;
            }
            too_long |= text.len() + line.len() > LONGEST;
            if !too_long {
                text.extend_from_slice(&line);
            }
            if self.format == Format::Ndjson && whole {
                break;
            }
        }
        let text = match (any, too_long) {
            (false, _) => return Ok(None),
            (true, true) => Err(format!("the document is longer than {} MiB", LONGEST / 1024 / 1024)),
            (true, false) => String::from_utf8(text).map_err(|_| "the document is not UTF-8".to_owned()),
        };
        Ok(Some(text))
    }

    fn parse(
        &self,
        text: &str,
        lines_before: usize,
        stop: &dyn Fn() -> Option<&'static str>,
    ) -> Result<Value, String> {
        let bounds = Bounds::until(LARGEST_VALUE, stop);
        match self.format {
            Format::Ndjson => {
                let mut json = serde_json::Deserializer::from_str(text);
                let value = read_strict(&mut json, &bounds);
                value.and_then(|value| json.end().map(|()| value)).map_err(|error| {
                    let (column, error) = (error.column(), error.to_string());
                    let why = error.split(" at line ").next().unwrap_or_default();
                    format!("line {}, column {column}: {why}", lines_before + 1)
                })
            }
            Format::Yaml => {
                check_yaml_nesting(text, DEEPEST)
                    .map_err(|fault| format!("line {}: {fault}", lines_before + fault.line()))?;
                let value = read_strict(yaml_serde::Deserializer::from_str(text), &bounds);
                value.map_err(|error| {
                    let place = error.location();
                    let error = error.to_string();
                    let why = error.split(" at line ").next().unwrap_or_default();
                    match place {
                        Some(place) => {
                            let line = text.lines().nth(place.line().saturating_sub(1)).unwrap_or_default();
                            let why = yaml_words::plain(why, line);
                            format!("line {}, column {}: {why}", lines_before + place.line(), place.column())
                        }
                        None => format!("line {}: {why}", lines_before + 1),
                    }
                })
            }
        }
    }
}

/// Returns true for a marker: `---` begins the next document, `...` ends a document; a comment may follow.
fn is_marker(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"---").or_else(|| line.strip_prefix(b"..."));
    rest.is_some_and(|rest| {
        let text = rest.trim_ascii_start();
        text.is_empty() || (text.len() < rest.len() && text.starts_with(b"#"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn all(text: &str, format: Format) -> Vec<Result<Value, String>> {
        let mut documents = Documents::new(text.as_bytes(), format);
        let mut found = Vec::new();
        while let Some(document) = documents.next(&|| false).unwrap() {
            found.push(document.value);
            assert_eq!(document.number, found.len());
        }
        found
    }

    #[test]
    fn a_file_is_cut_into_its_documents() {
        let yaml = "# rules\n---\nkind: rule\nnames: [\"a/**\", 'b']\n---\n\n--- # empty\nkind: user\nadmin: yes\n...\n";
        assert_eq!(
            all(yaml, Format::Yaml),
            [
                Ok(json!({"kind": "rule", "names": ["a/**", "b"]})),
                Ok(json!({"kind": "user", "admin": "yes"}))
            ]
        );
        assert_eq!(all("kind: a", Format::Yaml), [Ok(json!({"kind": "a"}))]);
        assert_eq!(all("{\"a\":1}\r\n\n[2]", Format::Ndjson), [Ok(json!({"a": 1})), Ok(json!([2]))]);
        assert_eq!(all("", Format::Yaml), []);
    }

    #[test]
    fn what_is_no_yaml_is_told_in_words_that_say_what_to_change() {
        for (yaml, line, words) in [
            ("kind: rule\n\tname: a\n", 2, "indent with spaces"),
            ("kind: rule\nname: @a\n", 2, "needs quotes"),
            ("kind: rule\nnames: [*]\n", 2, "needs quotes"),
            ("kind: rule\nname: \"a\n", 3, "not closed"),
            ("kind: rule\nnames: [a\nname: b\n", 3, "is not closed"),
            ("kind: rule\nname: a: b\n", 2, "needs quotes"),
            ("kind: rule\n  name: a\n", 2, "indented"),
        ] {
            let told = all(yaml, Format::Yaml)[0].clone().unwrap_err();
            assert!(told.starts_with(&format!("line {line}, ")) && told.contains(words), "{yaml}: {told}");
        }
    }

    #[test]
    fn an_error_names_its_line_and_what_follows_is_read() {
        let yaml = "kind: a\n---\nkind: b\nkind: c\n---\n- [\n---\nkind: d\n";
        let found = all(yaml, Format::Yaml);
        assert_eq!(
            (found.len(), &found[0], &found[3]),
            (4, &Ok(json!({"kind": "a"})), &Ok(json!({"kind": "d"})))
        );
        let error = found[1].as_ref().unwrap_err();
        assert!(error.contains("line 3") && error.contains("the key `kind` is given twice"), "{error}");
        assert!(found[2].as_ref().unwrap_err().starts_with("line "), "{:?}", found[2]);
        let found = all("{}\n{\"a\":}\n{}\n", Format::Ndjson);
        assert!(found[1].as_ref().unwrap_err().starts_with("line 2, column 6"), "{:?}", found[1]);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn a_document_that_expands_or_does_not_end_is_refused() {
        let mut bomb = String::from("a0: &a0 [xxxxxxxxxxxxxxxx]\n");
        for i in 1..30 {
            let alias = format!("*a{}", i - 1);
            bomb.push_str(&format!("a{i}: &a{i} [{}]\n", vec![alias; 10].join(", ")));
        }
        let error = all(&bomb, Format::Yaml).remove(0).unwrap_err();
        assert!(error.contains("too much") || error.contains("limit"), "{error}");
        let long = format!("\"{}\"\n{{}}\n", "x".repeat(LONGEST));
        let found = all(&long, Format::Ndjson);
        assert!(found[0].as_ref().unwrap_err().contains("longer than 4 MiB"), "{:?}", found[0]);
        assert_eq!(found.last(), Some(&Ok(json!({}))));
    }
}

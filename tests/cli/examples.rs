//! Finds every example in the texts of `--help` and in the documents.

use crate::world::repository;
use std::fs;
use std::path::PathBuf;

/// Commands that a text recommends, in the order of the text.
pub struct Example {
    /// The command whose help contains the example, or the document and line of the example.
    pub place: String,
    /// The last definitions in the document before the example. They run before the example.
    pub before: String,
    /// The commands, each with the answer below it.
    pub statements: Vec<Statement>,
}

/// A command, which may have several lines.
pub struct Statement {
    pub text: String,
    /// The answer that the document shows.
    pub shown: String,
}

/// Returns the examples in the `--help` of one command.
pub fn of_help(place: &str, help: &str) -> Vec<Example> {
    let examples = help.split("\nExample").nth(1).unwrap_or_default();
    let commands = examples.lines().filter(|line| line.starts_with("  portreeve "));
    let example = |line: &str| Example {
        place: format!("`{place} --help`"),
        before: String::new(),
        statements: vec![Statement { text: line.trim().to_owned(), shown: String::new() }],
    };
    commands.map(example).collect()
}

/// Returns `README.md`, `keys/README.md` and the documents in `docs`.
pub fn documents() -> Vec<PathBuf> {
    let mut files = vec![repository().join("README.md"), repository().join("keys/README.md")];
    let documents = fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    files.extend(documents.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    files.sort();
    files
}

/// Returns the shell blocks of all documents except installation.md. The tests of packages run the blocks of that
/// document.
pub fn of_documents() -> Vec<Example> {
    let documents = documents().into_iter().filter(|path| !path.ends_with("docs/installation.md"));
    documents.flat_map(|path| of_document(&path)).collect()
}

fn of_document(path: &std::path::Path) -> Vec<Example> {
    let name = path.strip_prefix(repository()).unwrap().display().to_string();
    let text = fs::read_to_string(path).unwrap();
    let mut found: Vec<Example> = Vec::new();
    let mut before = String::new();
    let mut block: Option<(&str, usize, String)> = None;
    let mut indent = "";
    for (number, line) in text.lines().enumerate() {
        // A block in a list is indented.
        if block.is_none() {
            indent = line
                .find("```")
                .and_then(|at| line.get(..at))
                .filter(|part| part.trim().is_empty())
                .unwrap_or("");
        }
        let line = line.strip_prefix(indent).unwrap_or(line);
        match &mut block {
            None => {
                let kind = line.strip_prefix("```");
                block = kind.map(|kind| (kind, number + 1, String::new()));
            }
            Some((kind, start, body)) if line == "```" => {
                let place = format!("{name}:{start}");
                match *kind {
                    "sh" if is_definitions(body) => before.clone_from(body),
                    "sh" => found.push(Example { place, before: before.clone(), statements: script(body) }),
                    "console" => {
                        found.push(Example { place, before: before.clone(), statements: console(body) })
                    }
                    // This block is the answer to the command before it.
                    "json" => {
                        if let Some(last) = found.last_mut().and_then(|example| example.statements.last_mut())
                        {
                            last.shown.push_str(body);
                        }
                    }
                    _ => {}
                }
                block = None;
            }
            Some((_, _, body)) => {
                body.push_str(line);
                body.push('\n');
            }
        }
    }
    found
}

/// Returns true if the block only defines `at` and `api` for later examples.
fn is_definitions(body: &str) -> bool {
    body.lines().all(|line| line.starts_with("at=") || line.starts_with("api() "))
}

/// Splits a script into commands. A backslash or a here-document joins lines to one command.
fn script(body: &str) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut open = String::new();
    let mut end: Option<String> = None;
    for line in body.lines() {
        open.push_str(line);
        open.push('\n');
        if let Some((_, word)) = line.split_once("<<") {
            end = Some(word.trim().trim_matches('\'').to_owned());
        } else if end.as_deref() == Some(line) {
            end = None;
        }
        if end.is_none() && !line.ends_with('\\') {
            if !open.trim().is_empty() {
                statements.push(Statement { text: open.trim_end().to_owned(), shown: String::new() });
            }
            open.clear();
        }
    }
    statements
}

/// Splits the text of a terminal: each command follows `$ `, and its output follows the command.
fn console(body: &str) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    for line in body.lines() {
        match (line.strip_prefix("$ "), statements.last_mut()) {
            (Some(text), _) => statements.push(Statement { text: text.to_owned(), shown: String::new() }),
            (None, Some(last)) => {
                last.shown.push_str(line);
                last.shown.push('\n');
            }
            (None, None) => panic!("a console block begins with a command after `$ `: {line}"),
        }
    }
    statements
}

//! Every example: of `--help`, and of the documents.

use crate::world::repository;
use std::fs;
use std::path::PathBuf;

/// Commands that somebody is told to run, in the order in which they stand.
pub struct Example {
    /// Where it stands.
    pub place: String,
    /// What runs before it: the definitions that the document begins with.
    pub before: String,
    /// Its commands, each with what stands below it.
    pub statements: Vec<Statement>,
}

/// A command, over as many lines as it takes.
pub struct Statement {
    pub text: String,
    /// The answer that the document shows.
    pub shown: String,
}

/// The examples below `--help` of one command.
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

/// The documents for people who use or run the program.
pub fn documents() -> Vec<PathBuf> {
    let mut files = vec![repository().join("README.md"), repository().join("keys/README.md")];
    let documents = fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    files.extend(documents.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    files.sort();
    files
}

/// The shell blocks of all documents but the one about installing, which the tests of packages run.
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
    for (number, line) in text.lines().enumerate() {
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
                    // The answer to what stands before it.
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

/// Variables and functions that the examples after it use.
fn is_definitions(body: &str) -> bool {
    body.lines().all(|line| line.starts_with("at=") || line.starts_with("api() "))
}

/// The commands of a script: a line, with those that a backslash or a here-document adds.
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

/// What follows `$ `, with what the terminal shows below it.
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

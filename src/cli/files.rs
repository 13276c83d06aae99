//! Joins many files for `apply`, and remembers which document came from which file.
//!
//! The server numbers the documents across all files. People need the number within one file.
//! INVARIANT: this module counts documents as the server does.

use super::error::CliError;
use super::export::FileFormat;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The longest part of a line that is read at once, bytes.
const LONGEST_PART: u64 = 1024 * 1024;
/// The byte order mark that some editors write at the beginning of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// One of the joined files.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    name: String,
    /// The number of documents before this file.
    documents: usize,
    /// The number of lines before this file.
    lines: usize,
}

/// All files, joined into one.
#[derive(Debug)]
pub(super) struct Joined {
    file: File,
    pub(super) format: FileFormat,
    parts: Vec<Part>,
}

/// Reads the given files, folders (their files sorted by name), and `-` for standard input.
pub(super) fn join(named: &[PathBuf], format: Option<FileFormat>) -> Result<Joined, CliError> {
    let mut paths = Vec::new();
    for path in named {
        if path.is_dir() {
            let before = paths.len();
            walk(path, &mut paths)?;
            if paths.len() == before {
                return Err(CliError::Failed(format!(
                    "there is no .yaml, .yml, .ndjson or .jsonl file in `{}`",
                    path.display()
                )));
            }
        } else {
            if path != Path::new("-") {
                std::fs::metadata(path).map_err(|error| unreadable(&path.display().to_string(), &error))?;
            }
            paths.push(path.clone());
        }
    }
    let format = common_format(&paths, format)?;
    let mut joiner = Joiner::new(format)?;
    for path in &paths {
        if path == Path::new("-") {
            joiner.add("standard input", std::io::stdin().lock())?;
        } else {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|error| unreadable(&name, &error))?;
            joiner.add(&name, BufReader::new(file))?;
        }
    }
    joiner.finish()
}

/// Collects the YAML and NDJSON files of a folder and of its subfolders, sorted by name. Ignores other files,
/// and hidden files and folders (`.git`). Fails at a symbolic link to a folder.
fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), CliError> {
    let failed = |error: std::io::Error| unreadable(&folder.display().to_string(), &error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            entries.push(entry.path());
        }
    }
    entries.sort();
    for path in entries {
        if path.is_symlink() && path.is_dir() {
            return Err(CliError::Failed(format!(
                "`{}` is a link to a folder: name that folder itself",
                path.display()
            )));
        }
        if path.is_dir() {
            walk(&path, found)?;
        } else if format_of(&path).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

fn format_of(path: &Path) -> Option<FileFormat> {
    match path.extension()?.to_str()? {
        "yaml" | "yml" => Some(FileFormat::Yaml),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        _ => None,
    }
}

/// Returns the format of all files. One request has one format, so files of two formats are refused. Also
/// fails if the name of a file shows no format, and no flag names the format.
fn common_format(paths: &[PathBuf], given: Option<FileFormat>) -> Result<FileFormat, CliError> {
    let mut common = given;
    for path in paths {
        match (format_of(path), common) {
            (Some(one), Some(other)) if one != other => {
                let (one, other) = (words(one), words(other));
                return Err(CliError::Usage(format!(
                    "`{}` is {one}, not {other}: apply files of different formats one after the other",
                    path.display()
                )));
            }
            (Some(one), None) => common = Some(one),
            _ => {}
        }
    }
    let unknown = paths.iter().find(|path| format_of(path).is_none() && *path != Path::new("-"));
    match (common, unknown, given) {
        (_, Some(path), None) => Err(CliError::Usage(format!(
            "`{}` is neither .yaml nor .ndjson: name its format with --format",
            path.display()
        ))),
        (common, ..) => Ok(common.unwrap_or(FileFormat::Yaml)),
    }
}

fn words(format: FileFormat) -> &'static str {
    match format {
        FileFormat::Yaml => "YAML",
        FileFormat::Ndjson => "NDJSON",
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> CliError {
    CliError::Failed(format!("cannot read `{name}`: {error}"))
}

/// The writer that joins the files in one temporary file on disk, so that large files need no memory.
struct Joiner {
    out: BufWriter<File>,
    format: FileFormat,
    parts: Vec<Part>,
    documents: usize,
    lines: usize,
}

impl Joiner {
    fn new(format: FileFormat) -> Result<Self, CliError> {
        let file = tempfile::tempfile().map_err(unspoolable)?;
        Ok(Self { out: BufWriter::new(file), format, parts: Vec::new(), documents: 0, lines: 0 })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        self.out.write_all(bytes).map_err(unspoolable)
    }

    fn add(&mut self, name: &str, mut reader: impl BufRead) -> Result<(), CliError> {
        if self.format == FileFormat::Yaml && !self.parts.is_empty() {
            self.write(b"---\n")?;
            self.lines += 1;
        }
        self.parts.push(Part { name: name.to_owned(), documents: self.documents, lines: self.lines });
        let mut line = Vec::new();
        let (mut at_start, mut is_whole, mut says_something) = (true, true, false);
        loop {
            line.clear();
            let read = (&mut reader).take(LONGEST_PART).read_until(b'\n', &mut line);
            if read.map_err(|error| unreadable(name, &error))? == 0 {
                break;
            }
            if std::mem::take(&mut at_start) && line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            self.write(&line)?;
            let begins_line = std::mem::replace(&mut is_whole, line.ends_with(b"\n"));
            self.lines += usize::from(is_whole);
            let is_marker = self.format == FileFormat::Yaml && begins_line && is_marker(&line);
            says_something |= !is_marker && self.says_something(&line, begins_line);
            if is_marker || (self.format == FileFormat::Ndjson && is_whole) {
                self.documents += usize::from(std::mem::take(&mut says_something));
            }
        }
        self.documents += usize::from(says_something);
        if !is_whole {
            self.write(b"\n")?;
            self.lines += 1;
        }
        Ok(())
    }

    fn says_something(&self, line: &[u8], begins_line: bool) -> bool {
        let text = line.trim_ascii();
        let is_comment = self.format == FileFormat::Yaml && begins_line && text.starts_with(b"#");
        !text.is_empty() && !is_comment
    }

    fn finish(self) -> Result<Joined, CliError> {
        let file = self.out.into_inner().map_err(|error| unspoolable(error.into_error()))?;
        Ok(Joined { file, format: self.format, parts: self.parts })
    }
}

/// Returns true if a line is a YAML marker: `---` begins the next document, `...` ends one. A comment may
/// follow on the line.
fn is_marker(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"---").or_else(|| line.strip_prefix(b"..."));
    rest.is_some_and(|rest| {
        let text = rest.trim_ascii_start();
        text.is_empty() || (text.len() < rest.len() && text.starts_with(b"#"))
    })
}

fn unspoolable(error: std::io::Error) -> CliError {
    CliError::Failed(format!("cannot write the temporary file for the request: {error}"))
}

/// The list of joined files, which gives the document and the file of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places(Vec<Part>);

impl Joined {
    /// Returns the joined text, to be read from its beginning.
    pub(super) fn reread(&self) -> Result<File, CliError> {
        let rewound = self.file.try_clone().and_then(|mut file| file.rewind().map(|()| file));
        rewound.map_err(|error| CliError::Failed(format!("cannot read the files again: {error}")))
    }

    /// Returns the list of joined files, each with the numbers of documents and lines before it.
    pub(super) fn places(&self) -> Places {
        Places(self.parts.clone())
    }
}

impl Places {
    /// Rewrites the places in a refusal. `document 3 (rule web): names[0]` gets the name of the file in
    /// front, and the number of the document within that file.
    pub(super) fn of(&self, error: CliError) -> CliError {
        let CliError::Refused(mut problem) = error else { return error };
        for error in &mut problem.errors {
            // The server counts lines across all files. Only an error about a document names its file, so only its
            // message gets the line within that file.
            let in_document = error.field.starts_with("document ");
            error.field = self.field(&error.field);
            if in_document {
                error.message = self.message(&error.message);
            }
        }
        CliError::Refused(problem)
    }

    fn field(&self, field: &str) -> String {
        let Some((number, rest)) = number_after(field, "document ") else {
            return field.to_owned();
        };
        match self.0.iter().rev().find(|part| part.documents < number) {
            Some(part) => format!("{}: document {}{rest}", part.name, number - part.documents),
            None => field.to_owned(),
        }
    }

    /// Rewrites `line 12, column 3: …` in a message, so that the line counts within the file.
    fn message(&self, message: &str) -> String {
        let Some((number, rest)) = number_after(message, "line ") else {
            return message.to_owned();
        };
        match self.0.iter().rev().find(|part| part.lines < number) {
            Some(part) => format!("line {}{rest}", number - part.lines),
            None => message.to_owned(),
        }
    }
}

fn number_after<'a>(text: &'a str, word: &str) -> Option<(usize, &'a str)> {
    let rest = text.strip_prefix(word)?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (number, rest) = rest.split_at_checked(digits)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(format: FileFormat, files: &[(&str, &str)]) -> (String, Places) {
        let mut joiner = Joiner::new(format).unwrap();
        for (name, text) in files {
            joiner.add(name, text.as_bytes()).unwrap();
        }
        let joined = joiner.finish().unwrap();
        let mut text = String::new();
        joined.reread().unwrap().read_to_string(&mut text).unwrap();
        (text, joined.places())
    }

    #[test]
    fn documents_and_lines_are_told_by_file() {
        let (text, places) = joined(
            FileFormat::Yaml,
            &[
                ("a", "\u{feff}# head\n---\nkind: a\n---\n\n--- # more\nkind: b"),
                ("empty", "# nothing\n"),
                ("c", "---\nkind: c\n...\n"),
            ],
        );
        assert_eq!(
            text,
            "# head\n---\nkind: a\n---\n\n--- # more\nkind: b\n---\n# nothing\n---\n---\nkind: c\n...\n"
        );
        for (field, expected) in [
            ("document 1 (rule a): names[0]", "a: document 1 (rule a): names[0]"),
            ("document 2", "a: document 2"),
            ("document 3: kind", "c: document 1: kind"),
            ("owner", "owner"),
        ] {
            assert_eq!(places.field(field), expected);
        }
        for (message, expected) in [
            ("line 3, column 2: no", "line 3, column 2: no"),
            ("line 12, column 1: no", "line 2, column 1: no"),
            ("required", "required"),
        ] {
            assert_eq!(places.message(message), expected);
        }
        let (text, places) = joined(FileFormat::Ndjson, &[("a", "{}\n\n{}"), ("b", "{}\n")]);
        assert_eq!(text, "{}\n\n{}\n{}\n");
        assert_eq!(places.field("document 3: x"), "b: document 1: x");
        assert_eq!(places.message("line 4: x"), "line 1: x");
    }

    #[test]
    fn all_files_are_of_one_format() {
        let path = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        for (names, given, expected) in [
            (path(&["a.yaml", "b.yml"]), None, Some(FileFormat::Yaml)),
            (path(&["a.jsonl", "-"]), None, Some(FileFormat::Ndjson)),
            (path(&["-"]), None, Some(FileFormat::Yaml)),
            (path(&["-"]), Some(FileFormat::Ndjson), Some(FileFormat::Ndjson)),
            (path(&["a.txt"]), Some(FileFormat::Yaml), Some(FileFormat::Yaml)),
            (path(&["a.txt"]), None, None),
            (path(&["a.yaml", "b.ndjson"]), None, None),
            (path(&["a.yaml"]), Some(FileFormat::Ndjson), None),
        ] {
            assert_eq!(common_format(&names, given).ok(), expected, "{names:?}");
        }
    }
}

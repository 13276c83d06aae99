//! The files that `portreeve apply` sends: found, put behind each other, and counted, so that the
//! server's word about document 7 can be told of the file that it stands in.

use super::error::CliError;
use super::export::FileFormat;
use super::output::clean;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The form that the name of a file tells.
fn form(file: &Path) -> Option<FileFormat> {
    match file.extension()?.to_str()? {
        "yaml" | "yml" => Some(FileFormat::Yaml),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        _ => None,
    }
}

/// The files that are meant, in order, and their form: what is named, and of a folder those whose
/// name tells a form, by name. `-` is standard input.
pub(super) fn find(
    named: &[PathBuf],
    format: Option<FileFormat>,
) -> Result<(Vec<PathBuf>, FileFormat), CliError> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            let unreadable =
                |error| CliError::Failed(format!("cannot read the folder `{}`: {error}", path.display()));
            let mut inside = Vec::new();
            for entry in std::fs::read_dir(path).map_err(unreadable)? {
                inside.push(entry.map_err(unreadable)?.path());
            }
            inside.retain(|file| form(file).is_some() && file.is_file());
            inside.sort();
            if inside.is_empty() {
                return Err(CliError::Failed(format!(
                    "there is no .yaml, .yml, .ndjson or .jsonl file in `{}`",
                    path.display()
                )));
            }
            files.extend(inside);
        } else {
            files.push(path.clone());
        }
    }
    let mut all = format;
    for file in &files {
        let own = format.or_else(|| form(file)).unwrap_or_default();
        match all {
            Some(other) if other != own => {
                return Err(CliError::Usage(
                    "YAML and JSON lines cannot be applied together: give them one after the other"
                        .to_owned(),
                ));
            }
            _ => all = Some(own),
        }
    }
    Ok((files, all.unwrap_or_default()))
}

/// How many documents each file has, as far as it was read.
pub(super) type Counts = Arc<Mutex<Vec<(PathBuf, usize)>>>;

/// All files as one text.
pub(super) struct Joined {
    waiting: VecDeque<PathBuf>,
    open: Option<BufReader<Box<dyn Read + Send>>>,
    format: FileFormat,
    /// Whether the document under way says anything.
    says_something: bool,
    rest: Vec<u8>,
    counts: Counts,
}

impl Joined {
    pub(super) fn new(files: Vec<PathBuf>, format: FileFormat) -> (Self, Counts) {
        let counts = Counts::default();
        let joined = Self {
            waiting: files.into(),
            open: None,
            format,
            says_something: false,
            rest: Vec::new(),
            counts: counts.clone(),
        };
        (joined, counts)
    }

    fn count_document(&mut self) {
        if std::mem::take(&mut self.says_something)
            && let Ok(mut counts) = self.counts.lock()
            && let Some(last) = counts.last_mut()
        {
            last.1 += 1;
        }
    }

    /// Notices where documents begin and end.
    fn notice(&mut self, line: &[u8]) {
        let text = line.trim_ascii();
        match self.format {
            FileFormat::Yaml if line.starts_with(b"---") || line.starts_with(b"...") => self.count_document(),
            FileFormat::Yaml => self.says_something |= !text.is_empty() && !text.starts_with(b"#"),
            FileFormat::Ndjson => {
                self.says_something = !text.is_empty();
                self.count_document();
            }
        }
    }

    /// The next part of the text; none at its end.
    fn next_part(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(reader) = &mut self.open {
                let mut line = Vec::new();
                if reader.read_until(b'\n', &mut line)? > 0 {
                    if !line.ends_with(b"\n") {
                        line.push(b'\n');
                    }
                    self.notice(&line);
                    return Ok(Some(line));
                }
                self.count_document();
                self.open = None;
                if self.format == FileFormat::Yaml && !self.waiting.is_empty() {
                    return Ok(Some(b"---\n".to_vec()));
                }
            }
            let Some(file) = self.waiting.pop_front() else {
                return Ok(None);
            };
            let source: Box<dyn Read + Send> = if file.as_os_str() == "-" {
                Box::new(std::io::stdin())
            } else {
                let open = File::open(&file);
                Box::new(open.map_err(|error| {
                    std::io::Error::new(error.kind(), format!("`{}`: {error}", file.display()))
                })?)
            };
            if let Ok(mut counts) = self.counts.lock() {
                counts.push((file, 0));
            }
            self.open = Some(BufReader::new(source));
        }
    }
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.rest.len() < buffer.len() {
            match self.next_part()? {
                Some(part) => self.rest.extend(part),
                None => break,
            }
        }
        let count = self.rest.len().min(buffer.len());
        for (to, from) in buffer.iter_mut().zip(self.rest.drain(..count)) {
            *to = from;
        }
        Ok(count)
    }
}

/// The server's word about a document, told of the file that it stands in.
pub(super) fn in_file(field: &str, counts: &Counts) -> String {
    let told = || {
        let rest = field.strip_prefix("document ")?;
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        let (number, what) = rest.split_at_checked(digits)?;
        let mut number: usize = number.parse().ok()?;
        for (file, count) in counts.lock().ok()?.iter() {
            if number <= *count {
                return Some(format!("{}: document {number}{what}", file.display()));
            }
            number -= count;
        }
        None
    };
    clean(&told().unwrap_or_else(|| field.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_joined_and_documents_are_told_of_their_file() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("a.yaml", "# only words\n---\nkind: user\n---\nkind: b");
        write("b.yml", "kind: c\n...\n");
        write("c.txt", "not meant");
        let (files, format) = find(&[folder.path().to_owned()], None).unwrap();
        assert_eq!((files.len(), format), (2, FileFormat::Yaml));
        let (mut joined, counts) = Joined::new(files, format);
        let mut text = String::new();
        joined.read_to_string(&mut text).unwrap();
        assert_eq!(text, "# only words\n---\nkind: user\n---\nkind: b\n---\nkind: c\n...\n");
        let a = folder.path().join("a.yaml");
        assert_eq!(
            in_file("document 2 (rule x): names[0]", &counts),
            format!("{}: document 2 (rule x): names[0]", a.display())
        );
        let b = folder.path().join("b.yml");
        assert_eq!(in_file("document 3", &counts), format!("{}: document 1", b.display()));
        assert_eq!(in_file("owner", &counts), "owner");
        write("d.jsonl", "{}\n\n{}\n");
        assert!(find(&[folder.path().to_owned()], None).is_err(), "two forms together");
        let (mut joined, counts) = Joined::new(vec![folder.path().join("d.jsonl")], FileFormat::Ndjson);
        joined.read_to_string(&mut text).unwrap();
        assert_eq!(counts.lock().unwrap()[0].1, 2);
    }
}

//! The first pass over a file: reads all objects, and checks everything that needs no database. So the later
//! transaction is short, and other writers do not wait long. Writes the valid objects to temporary files, one JSON
//! value on each line.
//!
//! The first pass runs outside the worker threads, and ends soon after its client has left.

use super::documents::{Document, Documents, Format};
use super::errors::ApplyErrors;
use super::object::{DocumentRef, Object};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::FileKind;
use crate::manage::error::ManageError;
use crate::manage::waiting::Waiting;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};

/// The result of the first pass.
pub(super) struct FirstPass {
    /// All objects except groups.
    pub(super) others: Spool,
    /// The groups. They are written last, because their members may follow them in the file.
    pub(super) groups: Spool,
    /// The errors of documents. A document with an error is not among the objects.
    pub(super) errors: ApplyErrors,
    /// The objects that the file names, with their kinds.
    pub(super) named: HashSet<(FileKind, String)>,
    pub(super) kinds: BTreeSet<FileKind>,
}

/// Reads a file from its present position. Stops at the limit of errors. Fails once no client waits for the answer.
/// If `owner` is given, an object with another `managed_by` is an error.
pub(super) fn first_pass(
    file: File,
    format: Format,
    owner: Option<&str>,
    waiting: &Waiting,
) -> Result<FirstPass, ManageError> {
    let mut documents = Documents::new(file, format);
    let (mut others, mut groups) = (Filling::new()?, Filling::new()?);
    let mut errors = ApplyErrors::default();
    let (mut named, mut kinds) = (HashSet::new(), BTreeSet::new());
    while !errors.are_enough() {
        let document = documents.next(&|| waiting.check().is_err()).map_err(ManageError::Spool)?;
        waiting.check()?;
        let Some(Document { number, value }) = document else { break };
        let value = match value {
            Ok(value) => value,
            Err(why) => {
                errors.add(&DocumentRef { number, what: None }, FieldErrors::one("", why));
                continue;
            }
        };
        let reference = DocumentRef { number, what: claimed(&value) };
        let read = Object::read(value.clone(), owner).and_then(|object| {
            kinds.insert(object.kind);
            let is_new = named.insert((object.kind, object.name));
            let twice = "is given twice: each object may be in the files once";
            if is_new { Ok(object.kind) } else { Err(FieldErrors::one("", twice)) }
        });
        match read {
            Ok(FileKind::Group) => groups.add(number, &value)?,
            Ok(_) => others.add(number, &value)?,
            Err(wrong) => errors.add(&reference, wrong),
        }
    }
    Ok(FirstPass { others: others.finish()?, groups: groups.finish()?, errors, named, kinds })
}

/// Returns the kind and name in the fields of an object, each cut to 80 characters; `None` if one is missing.
pub(super) fn claimed(value: &Value) -> Option<(String, String)> {
    let text = |key: &str| {
        value.get(key).and_then(Value::as_str).map(|text| text.chars().take(80).collect::<String>())
    };
    text("kind").zip(text("name"))
}

/// A spool that is being filled.
struct Filling(BufWriter<File>);

impl Filling {
    fn new() -> Result<Self, ManageError> {
        Ok(Self(BufWriter::new(tempfile::tempfile().map_err(ManageError::Spool)?)))
    }

    fn add(&mut self, number: usize, value: &Value) -> Result<(), ManageError> {
        let written = serde_json::to_writer(&mut self.0, &(number, value)).map_err(std::io::Error::from);
        written.and_then(|()| self.0.write_all(b"\n")).map_err(ManageError::Spool)
    }

    fn finish(self) -> Result<Spool, ManageError> {
        let file = self.0.into_inner().map_err(|error| ManageError::Spool(error.into_error()))?;
        let mut spool = Spool { lines: BufReader::new(file), line: Vec::new() };
        spool.lines.rewind().map_err(ManageError::Spool)?;
        Ok(spool)
    }
}

/// Objects of a file, each with the number of its document, in a temporary file.
pub(super) struct Spool {
    lines: BufReader<File>,
    line: Vec<u8>,
}

impl Spool {
    /// Returns the next object, or `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Value)>, ManageError> {
        self.line.clear();
        if self.lines.read_until(b'\n', &mut self.line).map_err(ManageError::Spool)? == 0 {
            return Ok(None);
        }
        let read = serde_json::from_slice(&self.line).map_err(std::io::Error::from);
        read.map(Some).map_err(ManageError::Spool)
    }
}

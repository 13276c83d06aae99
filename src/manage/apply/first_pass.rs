//! The first pass over a file: reads and checks all that needs no database, so that the one writer never
//! waits for it. What can be used is kept in files of its own, as short JSON.
//!
//! It runs outside of the workers, and ends soon after its client has left.

use super::documents::{Document, Documents, Format};
use super::errors::ApplyErrors;
use super::object::{DocumentRef, Object};
use crate::domain::invalid::FieldErrors;
use crate::domain::kind::FileKind;
use crate::domain::policy::Abandoned;
use crate::manage::error::ManageError;
use crate::storage::StoreError;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Seek, Write};
use std::sync::atomic::Ordering;

/// Whether the client still waits for the answer.
#[derive(Clone, Default)]
pub(super) struct Waiting(Abandoned);

/// Held by the one who waits; dropping it says that nobody does.
pub(super) struct Waiter(Waiting);

impl Waiting {
    /// The handle of the one who waits.
    pub(super) fn waiter(&self) -> Waiter {
        Waiter(self.clone())
    }

    /// What is set once nobody waits.
    pub(super) fn abandoned(&self) -> Abandoned {
        self.0.clone()
    }

    /// Fails once nobody waits.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.0.load(Ordering::Acquire) { Err(StoreError::Cut) } else { Ok(()) }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Release);
    }
}

/// What the first pass found.
pub(super) struct FirstPass {
    /// The objects but for groups.
    pub(super) others: Spool,
    /// The groups, which are written last: their members may come after them in the file.
    pub(super) groups: Spool,
    /// What is wrong with documents; those are not among the objects.
    pub(super) errors: ApplyErrors,
    /// Which objects the file names, of which kinds.
    pub(super) named: HashSet<(FileKind, String)>,
    pub(super) kinds: BTreeSet<FileKind>,
}

/// Reads a file from where it is.
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
            let twice = "is given twice: each object may stand in the files once";
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

/// The kind and name that an object claims to have.
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

/// Objects in a file without a name, with the numbers of their documents.
pub(super) struct Spool {
    lines: BufReader<File>,
    line: Vec<u8>,
}

impl Spool {
    /// The next object; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Value)>, ManageError> {
        self.line.clear();
        if self.lines.read_until(b'\n', &mut self.line).map_err(ManageError::Spool)? == 0 {
            return Ok(None);
        }
        let read = serde_json::from_slice(&self.line).map_err(std::io::Error::from);
        read.map(Some).map_err(ManageError::Spool)
    }
}

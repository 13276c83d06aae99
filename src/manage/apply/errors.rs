//! What is wrong with a file, by document.

use super::object::DocumentRef;
use crate::domain::invalid::FieldErrors;

/// How many errors are collected before the rest of the file is left unread.
const MOST_ERRORS: usize = 100;

/// What is wrong with the documents of a file.
#[derive(Debug, Default)]
pub(super) struct ApplyErrors(Vec<(usize, FieldErrors)>);

impl ApplyErrors {
    /// Adds what is wrong with a document.
    pub(super) fn add(&mut self, document: &DocumentRef, errors: FieldErrors) {
        let mut placed = FieldErrors::default();
        for (field, message) in document.of(errors) {
            placed.push(field, message);
        }
        self.0.push((document.number, placed));
    }

    /// Whether there are so many that the rest of the file is left unread.
    pub(super) fn are_enough(&self) -> bool {
        self.0.iter().map(|(_, errors)| errors.0.len()).sum::<usize>() >= MOST_ERRORS
    }

    /// Fails with all of them, in the order of the documents, if there are any.
    pub(super) fn into_result(mut self) -> Result<(), FieldErrors> {
        self.0.sort_by_key(|(number, _)| *number);
        let mut all = FieldErrors::default();
        for (_, errors) in self.0 {
            all.0.extend(errors.0);
        }
        all.into_result()
    }
}

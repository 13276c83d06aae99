//! The errors in a file, by document.

use super::object::DocumentRef;
use crate::domain::invalid::FieldErrors;

/// The number of errors after which the rest of the file is not read.
const MOST_ERRORS: usize = 100;

/// The errors in the documents of a file.
#[derive(Debug, Default)]
pub(super) struct ApplyErrors(Vec<(usize, FieldErrors)>);

impl ApplyErrors {
    /// Adds the errors of a document.
    pub(super) fn add(&mut self, document: &DocumentRef, errors: FieldErrors) {
        let mut placed = FieldErrors::default();
        for (field, message) in document.of(errors) {
            placed.push(field, message);
        }
        self.0.push((document.number, placed));
    }

    /// Returns true if the limit of errors is reached, so that the rest of the file is not read.
    pub(super) fn are_enough(&self) -> bool {
        self.0.iter().map(|(_, errors)| errors.0.len()).sum::<usize>() >= MOST_ERRORS
    }

    /// Fails if there are errors, with all errors in the order of their documents.
    pub(super) fn into_result(mut self) -> Result<(), FieldErrors> {
        self.0.sort_by_key(|(number, _)| *number);
        let mut all = FieldErrors::default();
        for (_, errors) in self.0 {
            all.0.extend(errors.0);
        }
        all.into_result()
    }
}

//! Errors that name their field, so that one response can list all errors of an object.

use std::fmt;

/// One fault of one field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the field in the API; a position in a list is written `names[2]`.
    pub field: String,
    /// The fault, in lower case, with user input in backticks.
    pub message: String,
}

/// The faults of an object, at most 1,000. As an error, the list is never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

/// The greatest number of errors that are kept: an object may have a million bad fields.
const MOST: usize = 1000;
/// The longest field and message, characters: both may quote the client's input.
const LONGEST: usize = 1000;

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl FieldErrors {
    /// Adds an error, unless the list is full. A very long error is cut.
    pub fn push(&mut self, field: impl Into<String>, message: impl fmt::Display) {
        if self.0.len() < MOST {
            self.0.push(FieldError { field: cut(field.into()), message: cut(message.to_string()) });
        }
    }

    /// Returns the value of `result`, or adds its error under the name of the field.
    pub fn keep<T, E: fmt::Display>(&mut self, field: impl Into<String>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(field, error);
                None
            }
        }
    }

    /// Fails with the collected errors, if there are any.
    pub fn into_result(self) -> Result<(), FieldErrors> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// Returns an error about a single field.
    pub fn one(field: impl Into<String>, message: impl fmt::Display) -> Self {
        let mut errors = Self::default();
        errors.push(field, message);
        errors
    }
}

impl fmt::Display for FieldErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", error.field, error.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for FieldErrors {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_small_whatever_was_sent() {
        let mut errors = FieldErrors::default();
        for number in 0..2 * MOST {
            errors.push(format!("f{number}"), "é".repeat(2 * LONGEST));
        }
        assert_eq!(errors.0.len(), MOST);
        assert_eq!(errors.0[0].field, "f0");
        assert_eq!(errors.0[0].message, format!("{}…", "é".repeat(LONGEST)));
    }
}

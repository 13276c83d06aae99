//! Errors that name the field they are about, so that an answer can list all of them at once.

use std::fmt;

/// One thing that is wrong with one field of an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field as the API spells it; a position in a list is written `names[2]`.
    pub field: String,
    /// What is wrong, lower case, user input in backticks.
    pub message: String,
}

/// Everything that is wrong with an object. Never empty when returned as an error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FieldErrors(pub Vec<FieldError>);

/// How many errors are kept: an object may have a million bad fields.
const MOST: usize = 1000;
/// How long a field and a message may be, characters: both may quote what was sent.
const LONGEST: usize = 1000;

fn cut(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl FieldErrors {
    /// Notes one more error, unless there are very many. What is very long is cut.
    pub fn push(&mut self, field: impl Into<String>, message: impl fmt::Display) {
        if self.0.len() < MOST {
            self.0.push(FieldError { field: cut(field.into()), message: cut(message.to_string()) });
        }
    }

    /// Keeps the value of `result`, or notes its error under `field`.
    pub fn keep<T, E: fmt::Display>(&mut self, field: impl Into<String>, result: Result<T, E>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(field, error);
                None
            }
        }
    }

    /// `Ok` when nothing was noted.
    ///
    /// # Errors
    /// The collected errors, when there are any.
    pub fn into_result(self) -> Result<(), FieldErrors> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// An error about a single field.
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

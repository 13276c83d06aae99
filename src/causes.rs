//! An error as one line, for the log and for people at a terminal.

use std::error::Error;

/// Returns the error and all its causes, from the outermost to the innermost.
#[must_use]
pub fn causes(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

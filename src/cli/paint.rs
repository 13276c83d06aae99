//! Colour for people at a terminal. Nothing is told by colour alone.

use crate::telemetry::takes_colour;

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// Colours texts, or leaves them as they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    /// For standard output.
    pub(super) fn stdout() -> Self {
        Self(takes_colour(&std::io::stdout()))
    }

    /// For standard error.
    pub(super) fn stderr() -> Self {
        Self(takes_colour(&std::io::stderr()))
    }

    /// Leaves every text as it is.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self(false)
    }

    /// A heading.
    pub(super) fn bold(self, text: &str) -> String {
        self.with(BOLD, text)
    }

    /// What is granted, well, or new.
    pub(super) fn good(self, text: &str) -> String {
        self.with(GREEN, text)
    }

    /// What is denied, wrong, or gone.
    pub(super) fn bad(self, text: &str) -> String {
        self.with(RED, text)
    }

    /// What is doubtful, or other than before.
    pub(super) fn doubtful(self, text: &str) -> String {
        self.with(YELLOW, text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

//! Colours for people at a terminal. A colour never carries a meaning that the text does not have.

use crate::telemetry::takes_colour;

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";

/// A painter that colours texts. Texts stay unchanged if no terminal shows the output, or if colours are
/// turned off.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paint(bool);

impl Paint {
    /// Returns the painter for standard output.
    pub(super) fn stdout() -> Self {
        Self(takes_colour(&std::io::stdout()))
    }

    /// Returns the painter for standard error.
    pub(super) fn stderr() -> Self {
        Self(takes_colour(&std::io::stderr()))
    }

    /// Returns the painter that leaves every text unchanged.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self(false)
    }

    /// Makes a heading bold.
    pub(super) fn bold(self, text: &str) -> String {
        self.with(BOLD, text)
    }

    /// Paints a text about something granted, healthy or new.
    pub(super) fn good(self, text: &str) -> String {
        self.with(GREEN, text)
    }

    /// Paints a text about something denied, wrong or deleted.
    pub(super) fn bad(self, text: &str) -> String {
        self.with(RED, text)
    }

    /// Paints a text about something doubtful or changed.
    pub(super) fn doubtful(self, text: &str) -> String {
        self.with(YELLOW, text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.0 { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

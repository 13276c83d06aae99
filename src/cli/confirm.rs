//! Asking before something that cannot be taken back.

use super::error::CliError;
use super::escape::clean;
use super::secret_input::{ask, is_terminal};
use clap::Args;

/// The answer to the question, given beforehand.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Yes {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Yes {
    /// Whether the answer is given, so that nothing need be shown.
    pub(super) fn is_given(self) -> bool {
        self.yes
    }

    /// Whether the answer is given, or somebody can give it.
    pub(super) fn is_answerable(self) -> bool {
        self.yes || is_terminal()
    }

    /// Asks about what was shown, unless the answer is given. Refuses where nobody can answer.
    pub(super) fn insist(self, what: &str) -> Result<(), CliError> {
        if self.yes {
            return Ok(());
        }
        if is_terminal() {
            return confirm(what);
        }
        Err(CliError::Usage(format!(
            "nothing was done, because there is no terminal to ask at: to {what}, add --yes"
        )))
    }

    /// Asks where there is somebody to ask, and goes ahead where there is nobody.
    pub(super) fn confirm(self, what: &str) -> Result<(), CliError> {
        if self.yes || !is_terminal() { Ok(()) } else { confirm(what) }
    }
}

/// Asks on the terminal. Anything but a yes ends the command.
fn confirm(what: &str) -> Result<(), CliError> {
    match ask(&format!("{}? [y/N]", clean(what)))?.as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        _ => Err(CliError::Failed("nothing was changed".to_owned())),
    }
}

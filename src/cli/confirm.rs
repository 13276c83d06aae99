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
    /// Whether the question must be asked, so that what goes must be shown. Refuses at once where nobody can
    /// answer.
    pub(super) fn must_ask(self) -> Result<bool, CliError> {
        if !self.yes && !is_terminal() {
            return Err(CliError::Usage(
                "nothing was done: there is no terminal to ask at; to do it without a question, add --yes"
                    .to_owned(),
            ));
        }
        Ok(!self.yes)
    }

    /// Asks where there is somebody to ask, and goes ahead where there is nobody.
    pub(super) fn confirm(self, what: &str) -> Result<(), CliError> {
        if self.yes || !is_terminal() { Ok(()) } else { confirm(what) }
    }
}

/// Asks on the terminal. Anything but a yes ends the command.
pub(super) fn confirm(what: &str) -> Result<(), CliError> {
    match ask(&format!("{}? [y/N]", clean(what)))?.as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        _ => Err(CliError::Failed("nothing was changed".to_owned())),
    }
}

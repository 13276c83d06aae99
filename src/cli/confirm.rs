//! Asks for confirmation before an action, such as a deletion.

use super::error::CliError;
use super::escape::clean;
use super::secret_input::{ask, is_terminal};
use clap::Args;

/// The flag `--yes`, which answers the question in advance.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Yes {
    /// Do not ask for confirmation
    #[arg(short, long)]
    yes: bool,
}

impl Yes {
    /// Returns true if `--yes` was given. A command with `--yes` need not show in advance what it will do.
    pub(super) fn is_given(self) -> bool {
        self.yes
    }

    /// Returns true if `--yes` was given, or if there is a terminal at which somebody can answer.
    pub(super) fn is_answerable(self) -> bool {
        self.yes || is_terminal()
    }

    /// Asks for confirmation of the action `what`, unless `--yes` was given. Fails if there is no terminal.
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

    /// Asks for confirmation of the action `what`. Succeeds without a question if `--yes` was given, or if there is
    /// no terminal.
    pub(super) fn confirm(self, what: &str) -> Result<(), CliError> {
        if self.yes || !is_terminal() { Ok(()) } else { confirm(what) }
    }
}

/// Asks a question on the terminal. Fails unless the answer is yes.
fn confirm(what: &str) -> Result<(), CliError> {
    match ask(&format!("{}? [y/N]", clean(what)))?.as_deref() {
        Some("y" | "Y" | "yes") => Ok(()),
        _ => Err(CliError::Failed("nothing was changed".to_owned())),
    }
}

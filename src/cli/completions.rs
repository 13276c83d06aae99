//! `portreeve completions`: prints completion scripts for shells.

use super::error::CliError;
use super::output;
use clap::{Args, Command};
use clap_complete::Shell;

const EXAMPLE: &str = "\
Example:
  portreeve completions bash > /etc/bash_completion.d/portreeve";

/// The arguments of `portreeve completions`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Completions {
    /// The shell that runs the script
    shell: Shell,
}

/// Prints the completion script for `program`.
pub(super) fn run(args: &Completions, mut program: Command) -> Result<(), CliError> {
    // The generator panics if its output is closed, so it writes the script into memory first.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "portreeve", &mut script);
    output::write(&String::from_utf8_lossy(&script))
}

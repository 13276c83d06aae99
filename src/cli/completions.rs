//! `portreeve completions`.

use super::error::CliError;
use super::output;
use clap::{Args, Command};
use clap_complete::Shell;

const EXAMPLE: &str = "\
Example:
  portreeve completions bash > /etc/bash_completion.d/portreeve";

/// Which shell.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(super) struct Completions {
    /// The shell that the script is for
    shell: Shell,
}

/// Prints the script for `program`.
pub(super) fn run(args: &Completions, mut program: Command) -> Result<(), CliError> {
    // Into memory first: the generator panics when its reader leaves.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut program, "portreeve", &mut script);
    output::write(&String::from_utf8_lossy(&script))
}

//! `portreeve man`: writes the manual pages, for people who build packages.

use super::error::CliError;
use clap::{Args, Command};
use std::fs::create_dir_all;
use std::path::PathBuf;

/// Write a manual page for each command into a folder, which is made if it is missing
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  portreeve man man1")]
pub(super) struct Man {
    /// The folder to write the pages to
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the manual pages of `program`.
pub(super) fn run(args: &Man, program: Command) -> Result<(), CliError> {
    let folder = &args.folder;
    create_dir_all(folder).and_then(|()| clap_mangen::generate_to(program, folder)).map_err(|error| {
        CliError::Failed(format!("cannot write manual pages into `{}`: {error}", folder.display()))
    })
}

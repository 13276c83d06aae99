//! `portreeve version`.

use super::error::CliError;
use super::output::{Format, Output};
use crate::app;
use crate::domain::release::{COMMIT, VERSION};
use clap::Args;
use serde_json::json;

/// Show the version of this program, the commit that it was built from, and its database schema
///
/// The commit is `unknown` for a program that was built outside a git checkout. The schema is the number of the last
/// step that this release knows; a start brings an older database up to it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve version\n  portreeve version --output json")]
pub(super) struct Version {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

pub(super) fn run(args: &Version) -> Result<(), CliError> {
    let version = json!({"version": VERSION, "commit": COMMIT, "schema": app::newest_schema()});
    Output::new(args.output).object(&["version", "commit", "schema"], &version)
}

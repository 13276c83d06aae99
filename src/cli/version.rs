//! `portreeve version`.

use super::error::CliError;
use super::output::{Format, Output};
use crate::app;
use crate::domain::release;
use clap::Args;
use serde_json::json;

/// Show version, commit and schema of this program
///
/// The schema is the number of the last step that its databases have taken. A database of a higher number is refused.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve version\n  portreeve version --output json")]
pub(super) struct Version {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

pub(super) fn run(args: &Version) -> Result<(), CliError> {
    let this = json!({
        "version": release::VERSION, "commit": release::COMMIT, "schema": app::schema_version(),
    });
    Output::new(args.output).object(&["version", "commit", "schema"], &this)
}

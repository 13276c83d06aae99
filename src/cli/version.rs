//! `portreeve version`.

use super::error::CliError;
use super::output::{Format, Output};
use crate::app;
use crate::domain::release::{COMMIT, VERSION};
use clap::Args;
use serde_json::json;

/// Show the version of this program, the commit that it was built from, and its database schema
///
/// The commit is `unknown` for a program that was built for development, or outside a git checkout, unless
/// PORTREEVE_COMMIT named it to the build. The schema is the number of the last
/// step that this release knows; a start brings an older database up to it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  portreeve version\n  portreeve version --output json")]
pub(super) struct Version {
    /// Form of the output
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,
}

pub(super) fn run(args: &Version) -> Result<(), CliError> {
    let output = Output::new(args.output);
    let commit = if output.is_table() { commit_in_words(COMMIT) } else { COMMIT.to_owned() };
    let version = json!({"version": VERSION, "commit": commit, "schema": app::newest_schema()});
    output.object(&["version", "commit", "schema"], &version)
}

/// A commit for people: with the reason where it is not known.
pub(super) fn commit_in_words(commit: &str) -> String {
    match commit {
        "unknown" => {
            "unknown (built for development or outside a git checkout, without PORTREEVE_COMMIT)".to_owned()
        }
        commit => commit.to_owned(),
    }
}

//! `portreeve version`, and `portreeve --version` which says the same.

use super::error::CliError;
use super::output::{Format, Output};
use crate::app;
use crate::domain::release::{COMMIT, TARGET, VERSION};
use clap::Args;
use serde_json::json;
use std::sync::LazyLock;

/// Show the version of this program, the commit and the target that it was built from, and its database schema
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
    let schema = app::newest_schema();
    let version = json!({"version": VERSION, "commit": commit, "schema": schema, "target": TARGET});
    output.object(&["version", "commit", "schema", "target"], &version)
}

/// What `--version` prints after the name of the program; `-V` prints the version alone.
pub(super) fn in_full() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let (commit, schema) = (commit_in_words(COMMIT), app::newest_schema());
        format!("{VERSION}\ncommit {commit}\nschema {schema}\ntarget {TARGET}")
    });
    &TEXT
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

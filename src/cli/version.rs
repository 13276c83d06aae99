//! `portreeve version`: shows the version of this program, as `portreeve --version` does.

use super::error::CliError;
use super::output::{Format, Output};
use crate::app;
use crate::domain::release::{COMMIT, TARGET, VERSION};
use clap::Args;
use serde_json::json;
use std::sync::LazyLock;

/// Show the version of this program, its commit, its target and its database schema
///
/// The commit is `unknown` for a development build, and for a build outside a git checkout without
/// PORTREEVE_COMMIT. The schema is the number of the last database migration that this release knows. A start
/// migrates an older database to this schema.
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

/// Returns the text that `--version` prints after the program's name. `-V` prints only the version.
pub(super) fn in_full() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let (commit, schema) = (commit_in_words(COMMIT), app::newest_schema());
        format!("{VERSION}\ncommit {commit}\nschema {schema}\ntarget {TARGET}")
    });
    &TEXT
}

/// Returns a commit for people. For an unknown commit, the text says why it is unknown.
pub(super) fn commit_in_words(commit: &str) -> String {
    match commit {
        "unknown" => {
            "unknown (built for development or outside a git checkout, without PORTREEVE_COMMIT)".to_owned()
        }
        commit => commit.to_owned(),
    }
}

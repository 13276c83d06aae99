//! Runs the program in a folder, and reads database files.

use crate::database;
pub use crate::said::Said;
use portreeve::domain::policy::RuleName;
use portreeve::storage::Store;
use sqlx::{AnyConnection, Executor};
use std::path::Path;
use std::process::{Command, Stdio};

/// The statements that undo all steps of the schema after the first.
pub const UNDO_STEPS: &str = "DELETE FROM _sqlx_migrations WHERE version > 1; DROP INDEX changes_by_actor; \
    DROP INDEX refresh_tokens_by_end; DROP INDEX refresh_tokens_by_use; DROP INDEX access_keys_by_end; \
    DROP INDEX changes_by_object; DROP TABLE replicas; DROP TABLE browser_sessions; DROP TABLE signin_flows; \
    DROP TABLE identities; DROP TABLE identity_providers; ALTER TABLE access_keys DROP COLUMN origin; \
    ALTER TABLE access_keys DROP COLUMN last_address; ALTER TABLE services DROP COLUMN password_grant; ALTER TABLE services DROP COLUMN events; \
    ALTER TABLE services DROP COLUMN search; ALTER TABLE services DROP COLUMN crawl; \
    ALTER TABLE services DROP COLUMN push_includes_pull; ALTER TABLE services DROP COLUMN trust; \
    ALTER TABLE services DROP COLUMN key_id; CREATE INDEX changes_by_object ON changes (kind, name, seq)";

pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.args(arguments).env_clear().env("HOME", folder).current_dir(folder).stdin(Stdio::null());
    command
}

pub async fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = command(folder, arguments);
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    output.into()
}

pub async fn run(folder: &Path, arguments: &[&str]) -> Said {
    run_with(folder, arguments, &[]).await
}

/// Returns the URL of a database file.
pub fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// Runs statements on a database file.
pub async fn sql(path: &Path, statements: &str) {
    database::run(&url(path), statements).await;
}

/// Takes the write lock of a database file, and keeps it while the connection exists.
pub async fn hold(path: &Path) -> AnyConnection {
    let mut conn = database::connect(&url(path)).await;
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    conn
}

/// Checks that a database file is sound. Returns its last change, and true for each of these rules that it contains.
pub async fn whole(path: &Path, rules: &[String]) -> (portreeve::domain::change::ChangeRecord, Vec<bool>) {
    let store = Store::join(&url(path)).await.unwrap();
    store.check().await.unwrap();
    let mut session = store.read().await.unwrap();
    let last = session.verify_trail().await.unwrap().unwrap();
    let mut found = Vec::new();
    for rule in rules {
        found.push(session.find_rule(&RuleName::parse(rule).unwrap()).await.unwrap().is_some());
    }
    drop(session);
    store.close().await;
    (last, found)
}

//! Runs the program in a folder, and looks into database files.
#![allow(clippy::disallowed_methods, reason = "a test that damages a database writes its own SQL")]

use portreeve::domain::policy::RuleName;
use portreeve::storage::Store;
use sqlx::{ConnectOptions, Connection, Executor};
use std::path::Path;
use std::process::{Command, Stdio};

/// Undoes what the steps of the schema after the first have done.
pub const UNDO_STEPS: &str = "DELETE FROM _sqlx_migrations WHERE version > 1; DROP INDEX changes_by_actor; \
    DROP INDEX refresh_tokens_by_end; DROP INDEX refresh_tokens_by_use; DROP INDEX access_keys_by_end; \
    DROP INDEX changes_by_object; CREATE INDEX changes_by_object ON changes (kind, name, seq)";

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The output of a command that must succeed.
    pub fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        &self.out
    }

    /// Must have failed with this code and these words.
    pub fn fails(&self, code: i32, words: &str) {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("portreeve: ") && self.err.contains(words), "{words}: {self:?}");
    }
}

pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portreeve"));
    command.args(arguments).env_clear().env("HOME", folder).current_dir(folder).stdin(Stdio::null());
    command
}

pub async fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = command(folder, arguments);
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

pub async fn run(folder: &Path, arguments: &[&str]) -> Said {
    run_with(folder, arguments, &[]).await
}

/// The URL of a database file.
pub fn url(path: &Path) -> String {
    format!("sqlite://{}", path.display())
}

/// Runs statements on a database file.
pub async fn sql(path: &Path, statements: &str) {
    sqlx::any::install_default_drivers();
    let options: sqlx::any::AnyConnectOptions = url(path).parse().unwrap();
    let mut conn = options.connect().await.unwrap();
    conn.execute(sqlx::AssertSqlSafe(statements)).await.unwrap();
    conn.close().await.unwrap();
}

/// Holds the turn to write of a database file for as long as the connection lives.
pub async fn hold(path: &Path) -> sqlx::AnyConnection {
    sqlx::any::install_default_drivers();
    let options: sqlx::any::AnyConnectOptions = url(path).parse().unwrap();
    let mut conn = options.connect().await.unwrap();
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    conn
}

/// A database file that is whole: its last change, and which of these rules it has.
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

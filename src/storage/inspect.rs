//! Inspects a database as a starting server would find it, without changing it.

use super::Store;
use super::dialect::Dialect;
use super::error::StoreError;
use super::events::is_of_events;
use super::file::{self, sqlite_path};
use super::schema::{STEPS, steps_to_take};
use super::statements::{COUNT_SUBJECTS, SELECT_SERVICE_NAMES};
use super::target::is_ours;
use sqlx::AnyConnection;
use std::path::PathBuf;

/// The state of the database that a starting server would find.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The number of the last applied step of the schema; 0 for none.
    pub schema: i64,
    /// The number and name of each step that a start would apply.
    pub steps: Vec<(i64, String)>,
    /// True if users or robots exist.
    pub in_use: bool,
    /// The names of the services.
    pub services: Vec<String>,
    /// The number of tables and views of other programs.
    pub foreign: usize,
}

impl Store {
    /// Returns the lock file of the SQLite file of this URL, if a server uses the file now. Fails if a server could
    /// neither open nor create the database.
    pub fn held_by(url: &str) -> Result<Option<PathBuf>, StoreError> {
        let Some(path) = sqlite_path(url) else { return Ok(None) };
        file::foresee(&path)?;
        Ok(file::is_locked(&path).then(|| file::lock_of(&path)))
    }

    /// Opens a database for reading only. Returns `None` if the SQLite file does not exist. A server would create this
    /// file.
    pub async fn look_at(url: &str) -> Result<Option<Self>, StoreError> {
        let found = Dialect::look_at(url).await?;
        Ok(found.map(|(dialect, connections)| Self::new(dialect, connections)))
    }

    /// Reads the state that a server would find in this database. Fails if the start of a server would fail because of
    /// the database.
    pub async fn inspect(&self) -> Result<Found, StoreError> {
        let mut connection = self.connections.take().await?;
        // Reading a large file takes long. A cancelled check leaves the connection unfinished, so the connection is
        // closed.
        connection.set_unfinished(true);
        let found = inspect(&self.dialect, connection.raw()?).await;
        connection.set_unfinished(false);
        found
    }
}

async fn inspect(dialect: &Dialect, conn: &mut AnyConnection) -> Result<Found, StoreError> {
    dialect.check_fit(&mut *conn).await?;
    let mut tables: Vec<String> = sqlx::query_scalar(dialect.tables()).fetch_all(&mut *conn).await?;
    tables.retain(|name| !is_of_events(name));
    let has = |name: &str| tables.iter().any(|table| table == name);
    let foreign = tables.iter().filter(|name| !is_ours(name)).count();
    if !has(STEPS) && foreign < tables.len() {
        let why = "some tables have the names of tables of portreeve, but the list of applied schema steps is missing";
        return Err(StoreError::Corrupt(why.to_owned()));
    }
    let (schema, steps) = steps_to_take(&mut *conn, has(STEPS)).await?;
    if !steps.is_empty() {
        dialect.check_may_migrate(&mut *conn).await?;
    }
    let (mut in_use, mut services) = (false, Vec::new());
    if has("subjects") {
        in_use = sqlx::query_scalar::<_, i64>(COUNT_SUBJECTS).fetch_one(&mut *conn).await? > 0;
    }
    if has("services") {
        services = sqlx::query_scalar(SELECT_SERVICE_NAMES).fetch_all(&mut *conn).await?;
    }
    Ok(Found { schema, steps, in_use, services, foreign })
}

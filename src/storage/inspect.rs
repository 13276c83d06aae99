//! A database as a server would find it at its start, looked at without changing it.

use super::Store;
use super::dialect::Dialect;
use super::error::StoreError;
use super::file::{self, sqlite_path};
use super::schema::{STEPS, steps_to_take};
use super::statements::{COUNT_SUBJECTS, SELECT_SERVICE_NAMES};
use super::target::is_ours;
use sqlx::AnyConnection;
use std::path::PathBuf;

/// What a server would find in a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The last step of the schema that was taken; 0 for none.
    pub schema: i64,
    /// The steps that a start would take: number and name.
    pub steps: Vec<(i64, String)>,
    /// Whether there are users or robots.
    pub in_use: bool,
    /// The names of the services.
    pub services: Vec<String>,
    /// How many tables and views of others there are.
    pub foreign: usize,
}

impl Store {
    /// The file by which another server holds the SQLite file of this URL, if one does. Fails if a server could
    /// neither open nor make the database.
    pub fn held_by(url: &str) -> Result<Option<PathBuf>, StoreError> {
        let Some(path) = sqlite_path(url) else { return Ok(None) };
        file::foresee(&path)?;
        Ok(file::is_locked(&path).then(|| file::lock_of(&path)))
    }

    /// Opens a database to look at it; nothing may be written to it. `None` if there is no such file: a server
    /// would make one.
    pub async fn look_at(url: &str) -> Result<Option<Self>, StoreError> {
        let found = Dialect::look_at(url).await?;
        Ok(found.map(|(dialect, connections)| Self::new(dialect, connections)))
    }

    /// What a server would find in this database. Fails as its start would.
    pub async fn inspect(&self) -> Result<Found, StoreError> {
        let mut connection = self.connections.take().await?;
        // Looking through a large file takes long, and what is cut off is not used again.
        connection.set_unfinished(true);
        let found = inspect(&self.dialect, connection.raw()?).await;
        connection.set_unfinished(false);
        found
    }
}

async fn inspect(dialect: &Dialect, conn: &mut AnyConnection) -> Result<Found, StoreError> {
    dialect.check_fit(&mut *conn).await?;
    let tables: Vec<String> = sqlx::query_scalar(dialect.tables()).fetch_all(&mut *conn).await?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    let foreign = tables.iter().filter(|name| !is_ours(name)).count();
    if !has(STEPS) && foreign < tables.len() {
        let why = "it has tables of these names, but no record of how they were made";
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

//! Checks whether a database is empty, so that a transfer may fill it. The check changes nothing in the database.

use super::dialect::Dialect;
use super::events::is_of_events;
use super::file;
use super::schema::STEPS;
use super::statements::{COUNT_SUBJECTS, SELECT_COUNTER};
use super::transfer::TABLES;
use super::{Store, StoreError};
use sqlx::AnyPool;

/// The tables of this program that a transfer does not copy.
const NOT_MOVED: [&str; 3] = ["leases", "replicas", STEPS];

impl Store {
    /// Returns true if a database contains rows of this program or tables of other programs. A missing database
    /// contains nothing.
    pub async fn is_in_use(url: &str) -> Result<bool, StoreError> {
        let Some((dialect, connections)) = Dialect::look_at(url).await? else { return Ok(false) };
        let found = holds_anything(connections.pool(), &dialect).await;
        connections.pool().close().await;
        Ok(found?)
    }

    /// Returns true if both URLs have the same text, or name the same SQLite file.
    #[must_use]
    pub fn is_same(one: &str, other: &str) -> bool {
        one == other || file::is_same_file(one, other)
    }
}

async fn holds_anything(pool: &AnyPool, dialect: &Dialect) -> Result<bool, sqlx::Error> {
    let mut tables: Vec<String> = sqlx::query_scalar(dialect.tables()).fetch_all(pool).await?;
    // On PostgreSQL the events may be in the same database. A transfer does not copy them.
    tables.retain(|name| !is_of_events(name));
    let has = |name: &str| tables.iter().any(|table| table == name);
    if tables.iter().any(|name| !is_ours(name)) || (!tables.is_empty() && !has(STEPS)) {
        return Ok(true);
    }
    for (table, statement) in [("subjects", COUNT_SUBJECTS), ("change_counter", SELECT_COUNTER)] {
        if has(table) && sqlx::query_scalar::<_, i64>(statement).fetch_one(pool).await? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns true if this program owns the table `name`. The tables of events are not known here.
pub(super) fn is_ours(name: &str) -> bool {
    NOT_MOVED.contains(&name) || TABLES.iter().any(|table| table.name == name)
}

//! Whether a database may be filled. The check changes nothing in it.

use super::dialect::Dialect;
use super::file;
use super::schema::STEPS;
use super::statements::{COUNT_SUBJECTS, SELECT_COUNTER};
use super::transfer::TABLES;
use super::{Store, StoreError};
use sqlx::AnyPool;

/// Our tables that are not moved.
const NOT_MOVED: [&str; 3] = ["leases", "replicas", STEPS];

impl Store {
    /// Whether a database holds any rows of ours, or tables of others. A missing database holds nothing.
    pub async fn is_in_use(url: &str) -> Result<bool, StoreError> {
        let Some((dialect, connections)) = Dialect::look_at(url).await? else { return Ok(false) };
        let found = holds_anything(connections.pool(), &dialect).await;
        connections.pool().close().await;
        Ok(found?)
    }

    /// Whether two URLs name one database, as far as that can be told.
    #[must_use]
    pub fn is_same(one: &str, other: &str) -> bool {
        one == other || file::is_same_file(one, other)
    }
}

async fn holds_anything(pool: &AnyPool, dialect: &Dialect) -> Result<bool, sqlx::Error> {
    let tables: Vec<String> = sqlx::query_scalar(dialect.tables()).fetch_all(pool).await?;
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

/// Whether a table of this name is of ours.
pub(super) fn is_ours(name: &str) -> bool {
    NOT_MOVED.contains(&name) || TABLES.iter().any(|table| table.name == name)
}

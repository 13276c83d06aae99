//! Prepares every statement of `statements.rs` and `transfer.rs`, so that a test can prove that a database accepts
//! them.

use super::statements::ALL;
use super::store::Store;
use super::transfer;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};

impl Store {
    /// Prepares every statement of `statements.rs` and `transfer.rs`. Returns the number of statements in
    /// `statements.rs`. The error names the first statement that the database refuses, and the reason.
    pub async fn prepare_all(&self) -> Result<usize, String> {
        let mut conn = self.connections.pool().acquire().await.map_err(|error| error.to_string())?;
        for (name, text) in ALL {
            conn.prepare(text.into_sql_str()).await.map_err(|error| format!("{name}: {error}"))?;
        }
        for text in transfer::statements() {
            let sql = AssertSqlSafe(text.as_str()).into_sql_str();
            conn.prepare(sql).await.map_err(|error| format!("{text}: {error}"))?;
        }
        Ok(ALL.len())
    }
}

//! The rows of the database of events, as text.

use crate::database;
use std::path::Path;

/// Returns the URL of the database of events beside a SQLite file of this name.
pub fn beside(folder: &Path, stem: &str) -> String {
    format!("sqlite://{}", folder.join(format!("{stem}-events.db")).display())
}

/// Reads these columns of a table or view. Columns are joined by spaces. Rows are sorted and joined by `, `.
pub async fn of(url: &str, columns: &str, table: &str) -> String {
    let parts: Vec<String> = columns.split(' ').map(|one| format!("CAST({one} AS TEXT)")).collect();
    let row = parts.join(" || ' ' || ");
    let query = format!(
        "SELECT COALESCE((SELECT STRING_AGG(one, ', ' ORDER BY one) FROM (SELECT {row} AS one FROM {table}) AS s), '')"
    );
    database::text(url, &query).await
}

/// Reads one number.
pub async fn number(url: &str, query: &str) -> i64 {
    database::text(url, &format!("SELECT CAST(({query}) AS TEXT)")).await.parse().unwrap()
}

//! Direct access to the database, for facts that a client cannot see or change.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "tests read the database directly")]

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor};

/// Opens another connection to the server's database.
pub async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

/// Runs SQL statements on the database at `url`.
pub async fn run(url: &str, statement: &str) {
    let mut connection = connect(url).await;
    connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

/// Returns the text in the first row and column of a query's result.
pub async fn text(url: &str, query: &str) -> String {
    let mut connection = connect(url).await;
    let found = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found
}

//! The database past the server: what no client can see or do.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::disallowed_methods, reason = "tests look behind the server")]

use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor};

/// A connection beside the server's.
pub async fn connect(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    let options: AnyConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

/// Runs statements.
pub async fn run(url: &str, statement: &str) {
    let mut connection = connect(url).await;
    connection.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    connection.close().await.unwrap();
}

/// The only text that a query finds.
pub async fn text(url: &str, query: &str) -> String {
    let mut connection = connect(url).await;
    let found = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    found
}

//! Opens and checks a SQLite file that no other process has open: a backup, or a copy that will be restored.

use super::connections::{ConnectOptions, Connections};
use super::dialect::Dialect;
use super::error::StoreError;
use super::file::sqlite_url;
use super::schema::has_older_schema;
use super::store::Store;
use sqlx::{AnyConnection, Connection, Executor};
use std::path::Path;

/// The settings of the connection. `trusted_schema` is off, so that SQLite runs no code from the file.
const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; \
    PRAGMA synchronous = FULL";

/// Opens a file that no other process has open. `mode` is `ro` or `rw`.
pub(super) async fn open(path: &Path, mode: &str) -> Result<Store, StoreError> {
    sqlx::any::install_default_drivers();
    let url = sqlite_url(path, mode)?;
    // A single connection comes first, because a pool retries until its timeout and cannot say why it failed.
    let mut conn = AnyConnection::connect(&url).await?;
    conn.execute(SETUP).await?;
    conn.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
    conn.close().await?;
    let connections =
        Connections::open(&url, ConnectOptions { most: 1, setup: SETUP, remote: false }).await?;
    Ok(Store::new(Dialect::Sqlite { lock: None, _aside: None }, connections))
}

/// Checks that the file is not damaged, and that its schema is not newer than the schema of this release.
pub(super) async fn look_through(store: &Store, conn: &mut AnyConnection) -> Result<(), StoreError> {
    store.dialect.check(&mut *conn).await?;
    has_older_schema(conn).await.map(|_| ())
}

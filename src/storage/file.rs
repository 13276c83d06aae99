//! SQLite databases as files: opened by themselves, looked through, made durable. For backups, where
//! the dialect has said that there is a file.

use super::connections::{ConnectOptions, Connections};
use super::dialect::{Dialect, sqlite_url};
use super::{Store, StoreError, has_older_schema};
use sqlx::{AnyConnection, Connection, Executor};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Without a log beside the file. Nothing that the file itself brings along is run.
const SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = ON; \
    PRAGMA synchronous = FULL";
/// What SQLite may keep beside a file and would apply to it.
pub(super) const COMPANIONS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// The file's name with something at its end.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes durable what a file or folder holds.
pub(super) fn sync(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Removes a file that need not be there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Opens a file that nobody else has open; `mode` is `ro` or `rw`.
pub(super) async fn open(path: &Path, mode: &str) -> Result<Store, StoreError> {
    sqlx::any::install_default_drivers();
    let url = sqlite_url(path, mode)?;
    // By itself first: a pool tries again and again, and cannot say why it does not succeed.
    let mut conn = AnyConnection::connect(&url).await?;
    conn.execute(SETUP).await?;
    conn.execute("SELECT COUNT(*) FROM sqlite_schema").await?;
    conn.close().await?;
    let connections =
        Connections::open(&url, ConnectOptions { most: 1, setup: SETUP, remote: false }).await?;
    Ok(Store::new(Dialect::Sqlite { lock: None }, connections))
}

/// Looks for damage, and for a schema that is not newer than ours.
pub(super) async fn look_through(store: &Store, conn: &mut AnyConnection) -> Result<(), StoreError> {
    store.dialect.check(&mut *conn).await?;
    has_older_schema(conn).await.map(|_| ())
}

//! The store of the events that registries report, of the counts of grants, and of the progress of crawls. It has its
//! own connections, its own queue of writers and, on SQLite, its own file. So a commit or a purge of events uses no
//! connection and no turn to write that tokens and rules need.
//!
//! The files `read_….rs` read the lists for people and clients. The other files read what the server itself needs.
//! Events must not go through the change feed, because each server would hash and replay every event.

mod crawl;
mod crawl_statements;
mod crawl_writes;
mod forget;
mod grants;
mod keep_statements;
mod marks;
mod purge;
mod put;
mod read_activity;
mod read_inventory;
mod read_names;
mod read_statements;
mod read_usage;
mod record;
mod schema;
mod sizes;
mod sources;
mod statements;

pub use crawl::{CrawlFigures, CrawlRow, KnownTag};
pub use crawl_writes::CrawlWrites;
pub use forget::Forgotten;
pub use grants::{GrantKey, GrantSum};
pub use purge::{PartPlace, Portion, UsageAddress, UsagePlace};
pub use read_activity::{ActivityFilter, ActivityRow, Moment};
pub use read_inventory::{ManifestRow, RepositoryRange, RepositoryRow, TagRow};
pub use read_usage::{Part, UsageFilter, UsageLine, UsageTriple};
pub use sizes::{EventSizes, LastGrants, SenderSeen, ServiceSeen};
pub use sources::{SourceKey, SourceState};

pub(super) use schema::is_of_events;

use super::connections::Connection;
use super::dialect::{Dialect, of_start};
use super::error::StoreError;
use super::reader::Reader;
use super::store::{BoxFuture, Store};
use super::transaction::Transaction;
use sqlx::{AssertSqlSafe, Executor, SqlSafeStr};
use std::sync::Arc;

/// The open database of events. A clone is cheap.
#[derive(Debug, Clone)]
pub struct EventStore {
    store: Store,
}

/// A connection that reads events.
pub struct EventReader {
    reader: Reader,
}

/// A transaction that writes events.
pub struct EventTransaction<'t> {
    tx: &'t mut Transaction,
    dialect: Arc<Dialect>,
}

impl EventStore {
    /// Opens the database of a URL: `sqlite://PATH`, which is created if it is missing, or `postgres://…`. Brings its
    /// schema up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let opened = async {
            let (dialect, connections) = Dialect::open_events(url).await?;
            Store::migrated(dialect, connections, async |conn| schema::migrate(conn).await).await
        };
        Ok(Self { store: opened.await.map_err(|error| of_start(url, error))? })
    }

    /// Takes a connection for reading. [`StoreError::Unavailable`] means that no connection became free in time, or
    /// that the database does not answer.
    pub async fn read(&self) -> Result<EventReader, StoreError> {
        Ok(EventReader { reader: self.store.read().await? })
    }

    /// Runs one transaction. The first statement of the transaction must write. After an error nothing is written,
    /// except perhaps after [`StoreError::Undecided`].
    pub async fn write<T, F>(&self, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(EventTransaction<'w>) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        let dialect = self.store.dialect.clone();
        self.store.write(move |tx: &mut Transaction| body(EventTransaction { tx, dialect })).await
    }

    /// Reads the size of the database, in bytes.
    pub async fn bytes(&self) -> Result<i64, StoreError> {
        self.read().await?.bytes(self.store.dialect.size_of_events()).await
    }

    /// Returns the kind of the database: `sqlite` or `postgresql`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.store.kind()
    }

    /// Returns the number of statements that were sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// Closes every connection. On SQLite, first moves pending writes into the main file, and at last releases the lock
    /// of the file.
    pub async fn close(&self) {
        self.store.close().await;
    }

    /// Prepares every statement about events, and returns their number. The error names the first statement that the
    /// database refuses, and the reason.
    pub async fn prepare_all(&self) -> Result<usize, String> {
        let mut connection: Connection =
            self.store.connections.take().await.map_err(|error| error.to_string())?;
        let conn = connection.raw().map_err(|error| error.to_string())?;
        let mut all = statements::all();
        all.push(self.store.dialect.joined(&statements::one_row_each()));
        for text in &all {
            let sql = AssertSqlSafe(text.as_str()).into_sql_str();
            conn.prepare(sql).await.map_err(|error| format!("{text}: {error}"))?;
        }
        Ok(all.len())
    }
}

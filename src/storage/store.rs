//! The open database. It gives out readers and transactions. Writers take turns.

use super::connections::{ANSWER, Connections};
use super::dialect::{Dialect, of_start};
use super::error::StoreError;
use super::reader::Reader;
use super::schema::{has_older_schema, migrate};
use super::transaction::{Committed, Transaction};
use crate::domain::change::Origin;
use sqlx::AnyConnection;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A boxed future that borrows from its argument. The body of a transaction is such a future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The open database. A clone is cheap.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) connections: Connections,
    pub(super) dialect: Arc<Dialect>,
    /// The turns of the writers: one on SQLite, eight on PostgreSQL. Writers wait here in order and have no connection
    /// while they wait, so readers can get a connection.
    turns: Arc<Semaphore>,
}

impl Store {
    /// Opens the database of a URL: `sqlite://PATH`, which is created if it is missing, or `postgres://…`. Brings its
    /// schema up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_any(url).await.map_err(|error| of_start(url, error))
    }

    async fn open_any(url: &str) -> Result<Self, StoreError> {
        let (dialect, connections) = Dialect::open(url).await?;
        Self::migrated(dialect, connections, async |conn| migrate(conn).await).await
    }

    /// Builds a store after `migrate` has brought its schema up to date.
    pub(super) async fn migrated(
        dialect: Dialect,
        connections: Connections,
        migrate: impl AsyncFnOnce(&mut AnyConnection) -> Result<(), StoreError>,
    ) -> Result<Self, StoreError> {
        let mut conn = connections.pool().acquire().await?;
        dialect.before_migrations(&mut conn).await?;
        migrate(&mut conn).await?;
        // The settings of this connection are for migrations only.
        conn.close().await?;
        Ok(Self::new(dialect, connections))
    }

    pub(super) fn new(dialect: Dialect, connections: Connections) -> Self {
        let turns = Arc::new(Semaphore::new(dialect.writers()));
        Self { connections, dialect: Arc::new(dialect), turns }
    }

    /// Searches a SQLite file for damage, which takes seconds in a large file. Does nothing on PostgreSQL.
    /// [`StoreError::Corrupt`] names the first damage.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut connection = self.connections.take().await?;
        // A cancelled check leaves the connection unfinished, so the connection is closed.
        connection.set_unfinished(true);
        let sound = self.dialect.check(connection.raw()?).await;
        connection.set_unfinished(false);
        sound
    }

    /// Opens a database that a server may be using. The database must exist with the schema of this release. Opening
    /// changes no table, but can turn on the WAL mode of a SQLite file.
    pub async fn join(url: &str) -> Result<Self, StoreError> {
        let (store, is_older) = Self::join_to_read(url).await?;
        if is_older { Err(StoreError::OlderSchema) } else { Ok(store) }
    }

    /// Opens a database whose schema may be older. The second value is true if the schema is older. Nothing may be
    /// written to an older database.
    pub async fn join_to_read(url: &str) -> Result<(Self, bool), StoreError> {
        let (dialect, connections) = Dialect::join(url).await?;
        let is_older = has_older_schema(&mut *connections.pool().acquire().await?).await?;
        Ok((Self::new(dialect, connections), is_older))
    }

    /// Takes a connection for reading. [`StoreError::Unavailable`] means that no connection became free in time, or
    /// that the database does not answer.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connections.take().await?))
    }

    /// Takes a connection for reading the change feed. Requests cannot take this connection.
    pub async fn read_feed(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connections.take_for_feed().await?))
    }

    /// Runs an administrative write in one transaction: takes the change counter, runs `body`, and records the changes
    /// that `body` noted. If `body` notes no change, nothing is written, unless `body` calls
    /// [`Transaction::keep_unnoted`]. After an error nothing is written, except perhaps after
    /// [`StoreError::Undecided`].
    pub async fn change<T, E, F>(&self, origin: Origin, body: F) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        self.run(Some(origin), body, |tx, value| Box::pin(tx.finish(value))).await
    }

    /// Runs an administrative write to find out its effect, and then rolls it back.
    pub async fn rehearse<T, E, F>(&self, origin: Origin, body: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        let end = |tx: Transaction, value| -> BoxFuture<'static, Result<T, StoreError>> {
            Box::pin(async move {
                tx.take_back().await;
                Ok(value)
            })
        };
        self.run(Some(origin), body, end).await
    }

    /// Runs a write that the audit trail does not record, for example of a session or a lease. After an error nothing
    /// is written, except perhaps after [`StoreError::Undecided`].
    pub async fn write<T, F>(&self, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        Ok(self.run(None, body, |tx, value| Box::pin(tx.finish(value))).await?.value)
    }

    /// Runs a transaction to its end in its own task, so that a client that disconnects cannot cancel it.
    async fn run<T, D, E, F>(
        &self,
        origin: Option<Origin>,
        body: F,
        end: impl FnOnce(Transaction, T) -> BoxFuture<'static, Result<D, StoreError>> + Send + 'static,
    ) -> Result<D, E>
    where
        T: Send + 'static,
        D: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        let store = self.clone();
        let task = tokio::spawn(async move {
            let (_turn, mut tx) = store.begin(origin).await?;
            match body(&mut tx).await {
                Ok(value) => Ok(end(tx, value).await?),
                Err(error) => {
                    tx.take_back().await;
                    Err(error)
                }
            }
        });
        task.await.unwrap_or_else(|_| Err(StoreError::Cut.into()))
    }

    /// Waits for a turn and begins a transaction. The wait has a time limit, even behind a very long write.
    async fn begin(&self, origin: Option<Origin>) -> Result<(OwnedSemaphorePermit, Transaction), StoreError> {
        let begun = async {
            let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Cut)?;
            let mut tx = match Transaction::begin(&self.connections).await {
                // The lost connection is closed. So a second attempt gets a new connection.
                Err(StoreError::Unavailable(_)) => Transaction::begin(&self.connections).await?,
                begun => begun?,
            };
            tx.set_pauses(self.dialect.pauses());
            if let Some(origin) = origin {
                tx.lock_counter(origin).await?;
            }
            Ok((turn, tx))
        };
        timeout(ANSWER, begun).await?
    }

    /// Returns the number of statements that were sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.connections.statements()
    }

    /// Returns the numbers of idle, of busy, and of permitted connections.
    #[must_use]
    pub fn connections(&self) -> (usize, usize, usize) {
        let pool = self.connections.pool();
        let idle = pool.num_idle();
        let open = usize::try_from(pool.size()).unwrap_or(usize::MAX);
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
        (idle, open.saturating_sub(idle), most)
    }

    /// Closes every connection. For a server on SQLite, first moves pending writes into the main file, and at last
    /// releases the lock of the file.
    pub async fn close(&self) {
        let pool = self.connections.pool();
        self.dialect.before_close(pool).await;
        pool.close().await;
        self.dialect.after_close();
    }
}

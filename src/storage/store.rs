//! The open database: where readers and transactions come from, and in which turn.

use super::connections::{ANSWER, Connections};
use super::dialect::{Dialect, of_start};
use super::error::StoreError;
use super::reader::Reader;
use super::schema::{has_older_schema, migrate};
use super::transaction::{Committed, Transaction};
use crate::domain::change::Origin;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// A boxed future that borrows from its argument, as transaction bodies are.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) connections: Connections,
    pub(super) dialect: Arc<Dialect>,
    /// Writers take turns here, in order. So no writer competes for a lock inside the database, and
    /// readers always find a connection.
    turns: Arc<Semaphore>,
}

impl Store {
    /// Opens the database of a URL (`sqlite://PATH`, created when missing, or `postgres://…`) and
    /// brings its schema up to date.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_any(url).await.map_err(|error| of_start(url, error))
    }

    async fn open_any(url: &str) -> Result<Self, StoreError> {
        let (dialect, connections) = Dialect::open(url).await?;
        let mut conn = connections.pool().acquire().await?;
        dialect.before_migrations(&mut conn).await?;
        migrate(&mut conn).await?;
        // Its settings are for migrations only.
        conn.close().await?;
        Ok(Self::new(dialect, connections))
    }

    pub(super) fn new(dialect: Dialect, connections: Connections) -> Self {
        let turns = Arc::new(Semaphore::new(dialect.writers()));
        Self { connections, dialect: Arc::new(dialect), turns }
    }

    /// Looks for damage. That takes seconds in a large file. [`StoreError::Corrupt`] names the first damage.
    pub async fn check(&self) -> Result<(), StoreError> {
        let mut connection = self.connections.take().await?;
        // A check that is cut off leaves the connection unfinished, so that it is closed.
        connection.set_unfinished(true);
        let sound = self.dialect.check(connection.raw()?).await;
        connection.set_unfinished(false);
        sound
    }

    /// Joins a database that a server may be using. The database must exist with the schema of this
    /// release; joining changes nothing in it.
    pub async fn join(url: &str) -> Result<Self, StoreError> {
        let (store, is_older) = Self::join_to_read(url).await?;
        if is_older { Err(StoreError::OlderSchema) } else { Ok(store) }
    }

    /// Joins a database whose schema may be older, and says whether it is. Nothing may be written to an
    /// older one.
    pub async fn join_to_read(url: &str) -> Result<(Self, bool), StoreError> {
        let (dialect, connections) = Dialect::join(url).await?;
        let is_older = has_older_schema(&mut *connections.pool().acquire().await?).await?;
        Ok((Self::new(dialect, connections), is_older))
    }

    /// A connection to read with. [`StoreError::Unavailable`] says that none became free in time.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connections.take().await?))
    }

    /// A connection to follow the change feed with. Requests cannot take it away.
    pub async fn read_feed(&self) -> Result<Reader, StoreError> {
        Ok(Reader::new(self.connections.take_for_feed().await?))
    }

    /// Runs an administrative write: one transaction that first takes the change counter, then
    /// runs `body`, then records the changes that `body` noted. A body that notes nothing leaves no
    /// trace. After an error nothing is written, except perhaps after [`StoreError::Undecided`].
    pub async fn change<T, E, F>(&self, origin: Origin, body: F) -> Result<Committed<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, E>> + Send + 'static,
    {
        self.run(Some(origin), body, |tx, value| Box::pin(tx.finish(value))).await
    }

    /// Runs an administrative write to see what it would do, and rolls it back.
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

    /// Runs a write that is not an administrative change: bookkeeping of credentials. After an error
    /// nothing is written, except perhaps after [`StoreError::Undecided`].
    pub async fn write<T, F>(&self, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'w> FnOnce(&'w mut Transaction) -> BoxFuture<'w, Result<T, StoreError>> + Send + 'static,
    {
        Ok(self.run(None, body, |tx, value| Box::pin(tx.finish(value))).await?.value)
    }

    /// Runs a transaction to its end in a task of its own, so that a client that hangs up cannot cut it.
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

    /// Waits for a turn and begins a transaction. The wait is bounded, also behind a very long write.
    async fn begin(&self, origin: Option<Origin>) -> Result<(OwnedSemaphorePermit, Transaction), StoreError> {
        let begun = async {
            let turn = self.turns.clone().acquire_owned().await.map_err(|_| StoreError::Cut)?;
            let mut tx = match Transaction::begin(&self.connections).await {
                // The lost connection is closed, so a second try gets a new one.
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

    /// How many statements were sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.connections.statements()
    }

    /// How many connections are idle, how many are busy, and how many there may be.
    #[must_use]
    pub fn connections(&self) -> (usize, usize, usize) {
        let pool = self.connections.pool();
        let idle = pool.num_idle();
        let open = usize::try_from(pool.size()).unwrap_or(usize::MAX);
        let most = usize::try_from(pool.options().get_max_connections()).unwrap_or(usize::MAX);
        (idle, open.saturating_sub(idle), most)
    }

    /// Moves pending writes into the main file and closes every connection.
    pub async fn close(&self) {
        let pool = self.connections.pool();
        self.dialect.before_close(pool).await;
        pool.close().await;
        self.dialect.after_close();
    }
}

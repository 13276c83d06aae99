//! The connections to the database. A connection is taken from the pool, its statements are watched, and it is returned
//! or closed.
//!
//! INVARIANT: if the database does not answer, a caller waits for a statement at most for the time limit of the
//! connection, which is usually [`ANSWER`]. A commit may take a little longer, and work on [`Connection::raw`] has no
//! time limit. A connection on which a statement was not answered in time is never used again.

use super::StoreError;
use sqlx::any::{AnyArguments, AnyPoolOptions};
use sqlx::pool::PoolConnection;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor};
use std::future::Future;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The longest time that a caller waits for a connection, or for a statement with the usual time limit. After this time
/// the database counts as unavailable.
pub(super) const ANSWER: Duration = Duration::from_secs(2);
/// The idle time after which a connection is tested before use, because its database server may be gone.
const SLEPT: Duration = Duration::from_millis(200);
/// The time limit for the test of an idle connection. A working database answers the test at once.
const TRIED: Duration = Duration::from_millis(500);

/// The health of all connections together.
#[derive(Debug)]
struct PoolHealth {
    opened: Instant,
    statements: AtomicU64,
    /// The latest time, in microseconds after `opened`, at which a connection was lost; 0 for never. A connection that
    /// was opened before this time is replaced before its next use.
    distrusted: AtomicU64,
    /// The error of the last new connection, if its set-up failed.
    refusal: Mutex<Option<String>>,
}

impl PoolHealth {
    fn new() -> Self {
        Self {
            opened: Instant::now(),
            statements: AtomicU64::new(0),
            distrusted: AtomicU64::new(0),
            refusal: Mutex::new(None),
        }
    }

    fn refusal(&self) -> MutexGuard<'_, Option<String>> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Explains an error of the pool. The pool only reports that it waited too long, so this function returns the error
    /// of the last new connection instead, if its set-up failed.
    fn explain(&self, error: sqlx::Error) -> StoreError {
        match (error, self.refusal().take()) {
            (sqlx::Error::PoolTimedOut, Some(refusal)) => StoreError::Unavailable(refusal.into()),
            (error, _) => error.into(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn trusts(&self, age: Duration) -> bool {
        let age = u64::try_from(age.as_micros()).unwrap_or(u64::MAX);
        self.now().saturating_sub(age) > self.distrusted.load(Ordering::Acquire)
    }

    /// Distrusts all present connections: if one connection was lost, the other connections are probably lost too.
    fn distrust(&self) {
        self.distrusted.fetch_max(self.now(), Ordering::AcqRel);
    }
}

/// All connections to one database. A clone is cheap.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    pool: AnyPool,
    health: Arc<PoolHealth>,
    /// One permit for each connection except one, which is reserved for the change feed.
    places: Arc<Semaphore>,
}

/// The options for connections to a database.
pub(super) struct ConnectOptions {
    /// The greatest number of connections, not counting the connection of the change feed.
    pub(super) most: u32,
    /// The statements that set up each new connection.
    pub(super) setup: &'static str,
    /// True if the database is another process, which may be gone.
    pub(super) remote: bool,
}

impl Connections {
    /// Opens the pool with its first connection.
    pub(super) async fn open(url: &str, options: ConnectOptions) -> Result<Self, StoreError> {
        let health = Arc::new(PoolHealth::new());
        let (watched, told, remote, setup) = (health.clone(), health.clone(), options.remote, options.setup);
        let pool = AnyPoolOptions::new()
            .max_connections(options.most + 1)
            .acquire_timeout(ANSWER)
            .test_before_acquire(false)
            .after_connect(move |conn, _| {
                let health = told.clone();
                Box::pin(async move {
                    let made = conn.execute(setup).await.map(|_| ());
                    *health.refusal() = made.as_ref().err().map(ToString::to_string);
                    made
                })
            })
            .before_acquire(move |conn, meta| {
                let health = watched.clone();
                Box::pin(async move {
                    if !remote {
                        return Ok(true);
                    }
                    if health.trusts(meta.age) && meta.idle_for > SLEPT {
                        let tried = timeout(TRIED, conn.ping()).await;
                        if !matches!(tried, Ok(Ok(()))) {
                            health.distrust();
                        }
                    }
                    Ok(health.trusts(meta.age))
                })
            })
            .connect(url)
            .await
            .map_err(|error| health.explain(error))?;
        let places = usize::try_from(options.most).unwrap_or(1);
        Ok(Self { pool, health, places: Arc::new(Semaphore::new(places)) })
    }

    /// Takes a connection from the pool. Waits for at most [`ANSWER`].
    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        let taken = async {
            let place = self.places.clone().acquire_owned().await.map_err(|_| StoreError::Cut)?;
            let mut connection = self.take_for_feed().await?;
            connection.place = Some(place);
            Ok(connection)
        };
        timeout(ANSWER, taken).await?
    }

    /// Takes a connection for the change feed. Requests cannot take this connection. So if the feed cannot be read, the
    /// database does not answer.
    pub(super) async fn take_for_feed(&self) -> Result<Connection, StoreError> {
        let conn = self.pool.acquire().await.map_err(|error| self.health.explain(error))?;
        let health = self.health.clone();
        let (is_unfinished, is_lost) = (false, false);
        Ok(Connection { conn: Some(conn), health, place: None, is_unfinished, is_lost, patience: ANSWER })
    }

    /// Returns the number of statements that were sent to the database.
    pub(super) fn statements(&self) -> u64 {
        self.health.statements.load(Ordering::Relaxed)
    }

    /// Returns the pool of the connections.
    pub(super) fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// One connection. Dropping this value returns the connection to the pool, or closes the connection if a statement is
/// unfinished.
pub(super) struct Connection {
    /// The connection of the pool. It is `None` only during the drop.
    conn: Option<PoolConnection<Any>>,
    health: Arc<PoolHealth>,
    place: Option<OwnedSemaphorePermit>,
    is_unfinished: bool,
    is_lost: bool,
    patience: Duration,
}

impl Connection {
    /// Returns the time limit of each statement.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Sets the time limit of each statement. Work for which no request waits may take longer.
    pub(super) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Returns true if the database did not answer a statement on this connection in time, or if the connection broke.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Returns the connection itself, for work without a time limit.
    pub(super) fn raw(&mut self) -> Result<&mut AnyConnection, StoreError> {
        Ok(self.conn.as_mut().ok_or(sqlx::Error::PoolClosed)?)
    }

    /// Notes whether a statement is unfinished on this connection. An unfinished connection is closed after its use.
    pub(super) fn set_unfinished(&mut self, is_unfinished: bool) {
        self.is_unfinished = is_unfinished;
    }

    /// Runs one statement within the time limit of this connection, which is [`ANSWER`] unless it was changed.
    pub(super) async fn ask<'c, T, F>(
        &'c mut self,
        ask: impl FnOnce(&'c mut AnyConnection) -> F,
    ) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'c,
    {
        self.ask_within(self.patience, ask).await
    }

    /// Runs one writing statement. Returns the number of changed rows.
    pub(super) async fn run(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        Ok(self.ask(|conn| query.execute(conn)).await?.rows_affected())
    }

    /// Runs one statement within the time limit `patience`.
    pub(super) async fn ask_within<'c, T, F>(
        &'c mut self,
        patience: Duration,
        ask: impl FnOnce(&'c mut AnyConnection) -> F,
    ) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'c,
    {
        let Self { conn, health, is_unfinished, is_lost: lost, .. } = self;
        let conn = conn.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        health.statements.fetch_add(1, Ordering::Relaxed);
        let Ok(answer) = timeout(patience, ask(conn)).await else {
            // A slow statement does not mean that the other connections are lost. They are tested before use.
            (*is_unfinished, *lost) = (true, true);
            return Err(sqlx::Error::Io(ErrorKind::TimedOut.into()));
        };
        if answer.as_ref().is_err_and(is_lost) {
            (*is_unfinished, *lost) = (true, true);
            health.distrust();
        }
        answer
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut conn) = self.conn.take() else {
            return;
        };
        if self.is_unfinished {
            conn.close_on_drop();
            return;
        }
        // A cancelled request may leave half of an answer unread. The pool now reads that answer to its end. If the
        // database does not answer, the permit of this connection must still become free. INTEROP: sqlx 0.9.0 has no
        // time limit when it takes a connection back.
        let (given_back, place) = (conn.return_to_pool(), self.place.take());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let _ = timeout(ANSWER, given_back).await;
                drop(place);
            });
        }
    }
}

/// Returns true if the database may have committed although the commit failed with this error.
pub(super) fn is_undecided(error: &sqlx::Error) -> bool {
    // SPEC: SQLite's primary result code 10 is SQLITE_IOERR. After such an error the log may contain the commit
    // although it could not be synced, and a later start replays the log. The low byte of an extended code is the
    // primary code. PostgreSQL's codes have five characters.
    let of_the_disk = |code: &str| code.len() < 5 && code.parse::<u32>().is_ok_and(|code| code & 0xff == 10);
    is_lost(error)
        || matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| of_the_disk(&code)))
}

/// Returns true if the connection is gone, or leads to a server that is no longer the primary.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        // SPEC: PostgreSQL's error codes: class 08 (connection), 57P (shut down), 25P03 (idle for too long), 25006 (a
        // standby).
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P") || code == "25P03" || code == "25006"
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_as_old_as_a_lost_one_are_distrusted() {
        let opened = Instant::now().checked_sub(Duration::from_secs(60)).unwrap();
        let health = PoolHealth { opened, ..PoolHealth::new() };
        assert!(health.trusts(Duration::from_secs(59)));
        health.distrust();
        assert!(!health.trusts(Duration::from_secs(59)));
        assert!(!health.trusts(Duration::from_millis(1)));
        std::thread::sleep(Duration::from_millis(2));
        assert!(health.trusts(Duration::ZERO), "a connection that was opened after the loss is trusted");
    }
}

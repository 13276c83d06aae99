//! Connections to the database: taken from the pool, watched, and returned or closed.
//!
//! INVARIANT: nobody waits longer than [`ANSWER`] for a statement when the database does not answer. A
//! connection with something left unfinished is not used again.

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

/// How long a statement, or a connection, is waited for before the database counts as unavailable.
pub(super) const ANSWER: Duration = Duration::from_secs(2);
/// A connection that was idle for longer is tried before it is used, because its server may be gone.
const SLEPT: Duration = Duration::from_millis(200);
/// How long the trial takes at most: a database that answers at all does so at once.
const TRIED: Duration = Duration::from_millis(500);

/// What is known about all connections together.
#[derive(Debug)]
struct PoolHealth {
    opened: Instant,
    statements: AtomicU64,
    /// Connections opened before this time are replaced before they are used. Microseconds after `opened`, 0
    /// for none.
    distrusted: AtomicU64,
    /// Why the last new connection could not be used.
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

    /// The pool says only that it waited for too long.
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

    /// One connection was lost, so all older ones are probably lost as well.
    fn distrust(&self) {
        self.distrusted.fetch_max(self.now(), Ordering::AcqRel);
    }
}

/// All connections to one database. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    pool: AnyPool,
    health: Arc<PoolHealth>,
    /// One for each connection but the last, which is the feed's.
    places: Arc<Semaphore>,
}

/// How a database is connected to.
pub(super) struct ConnectOptions {
    /// The most connections at once, besides the one of the feed.
    pub(super) most: u32,
    /// What is run on each new one.
    pub(super) setup: &'static str,
    /// Whether the database is another process, which may be gone.
    pub(super) remote: bool,
}

impl Connections {
    /// Opens the first connection.
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

    /// A connection, for one use.
    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        let taken = async {
            let place = self.places.clone().acquire_owned().await.map_err(|_| StoreError::Cut)?;
            let mut connection = self.take_for_feed().await?;
            connection.place = Some(place);
            Ok(connection)
        };
        timeout(ANSWER, taken).await?
    }

    /// A connection to follow the feed with. Requests cannot take it away, so a feed that cannot be read means
    /// that the database does not answer.
    pub(super) async fn take_for_feed(&self) -> Result<Connection, StoreError> {
        let conn = self.pool.acquire().await.map_err(|error| self.health.explain(error))?;
        let health = self.health.clone();
        let (is_unfinished, is_lost) = (false, false);
        Ok(Connection { conn: Some(conn), health, place: None, is_unfinished, is_lost, patience: ANSWER })
    }

    /// How many statements were sent.
    pub(super) fn statements(&self) -> u64 {
        self.health.statements.load(Ordering::Relaxed)
    }

    /// The pool behind it.
    pub(super) fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// One connection. A drop returns it to the pool, or closes it if something is left unfinished on it.
pub(super) struct Connection {
    /// `None` only while it is dropped.
    conn: Option<PoolConnection<Any>>,
    health: Arc<PoolHealth>,
    place: Option<OwnedSemaphorePermit>,
    is_unfinished: bool,
    is_lost: bool,
    patience: Duration,
}

impl Connection {
    /// How long a statement is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Sets how long each statement is waited for, for work that no request waits for.
    pub(super) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Whether a statement on it was not answered.
    pub(super) fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The connection itself, for work without a time limit.
    pub(super) fn raw(&mut self) -> Result<&mut AnyConnection, StoreError> {
        Ok(self.conn.as_mut().ok_or(sqlx::Error::PoolClosed)?)
    }

    /// Notes that something is left unfinished, or no longer.
    pub(super) fn set_unfinished(&mut self, is_unfinished: bool) {
        self.is_unfinished = is_unfinished;
    }

    /// Runs one statement within the patience, [`ANSWER`] unless another was set.
    pub(super) async fn ask<'c, T, F>(
        &'c mut self,
        ask: impl FnOnce(&'c mut AnyConnection) -> F,
    ) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'c,
    {
        self.ask_within(self.patience, ask).await
    }

    /// Runs one writing statement and returns how many rows it touched.
    pub(super) async fn run(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        Ok(self.ask(|conn| query.execute(conn)).await?.rows_affected())
    }

    /// Runs one statement within this patience.
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
            // A slow statement says nothing of the other connections; those are tried before they are used.
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
        // A client that hung up may have left half an answer unread, which is read to its end now. A database
        // that does not answer must not keep the place of this connection for ever.
        // INTEROP: sqlx 0.9.0 waits without a limit when it takes a connection back.
        let (given_back, place) = (conn.return_to_pool(), self.place.take());
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let _ = timeout(ANSWER, given_back).await;
                drop(place);
            });
        }
    }
}

/// Whether the database may have committed although the commit failed with this error.
pub(super) fn is_undecided(error: &sqlx::Error) -> bool {
    // SPEC: SQLite's primary result code 10, SQLITE_IOERR: the log may hold what could not be synced, and
    // is replayed. PostgreSQL's codes have five characters.
    let of_the_disk = |code: &str| code.len() < 5 && code.parse::<u32>().is_ok_and(|code| code & 0xff == 10);
    is_lost(error)
        || matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| of_the_disk(&code)))
}

/// Whether the connection is gone, or leads to a server that is not the primary any more.
pub(super) fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => {
            true
        }
        // SPEC: PostgreSQL's error codes, class 08 (connection), 57P (shut down), 25P03 (idle for too
        // long), 25006 (a standby).
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
        assert!(health.trusts(Duration::ZERO), "one that was made since");
    }
}

//! The connections to the database: taken, watched, and given back or given up.
//!
//! INVARIANT: nobody waits for a database that does not answer longer than [`ANSWER`] for each
//! statement, and a connection on which something was left unfinished is not used again.

use super::StoreError;
use sqlx::any::AnyPoolOptions;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Connection as _, Executor};
use std::future::Future;
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long a statement, or a connection, is waited for before the database counts as unavailable.
pub(super) const ANSWER: Duration = Duration::from_secs(2);
/// A connection that has slept longer is tried before it is used: its server may be gone.
const SLEPT: Duration = Duration::from_millis(200);

/// What is known of all connections.
#[derive(Debug)]
struct Watch {
    opened: Instant,
    statements: AtomicU64,
    /// Connections as old as this are replaced before they are used: microseconds after `opened`, 0 for
    /// none.
    distrusted: AtomicU64,
}

impl Watch {
    fn now(&self) -> u64 {
        u64::try_from(self.opened.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    fn trusts(&self, age: Duration) -> bool {
        let age = u64::try_from(age.as_micros()).unwrap_or(u64::MAX);
        self.now().saturating_sub(age) > self.distrusted.load(Ordering::Acquire)
    }

    /// One connection was lost: those that are as old probably are as well.
    fn distrust(&self) {
        self.distrusted.fetch_max(self.now(), Ordering::AcqRel);
    }
}

/// All connections to one database. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Connections {
    pool: AnyPool,
    watch: Arc<Watch>,
}

/// How a database is connected to.
pub(super) struct Means {
    /// The most connections at once.
    pub(super) most: u32,
    /// What is run on each new one.
    pub(super) setup: &'static str,
    /// Whether the database is another process, which may be gone.
    pub(super) remote: bool,
}

impl Connections {
    /// Opens the first connection.
    pub(super) async fn open(url: &str, means: Means) -> Result<Self, StoreError> {
        let watch = Arc::new(Watch {
            opened: Instant::now(),
            statements: AtomicU64::new(0),
            distrusted: AtomicU64::new(0),
        });
        let (watched, remote, setup) = (watch.clone(), means.remote, means.setup);
        let pool = AnyPoolOptions::new()
            .max_connections(means.most)
            .acquire_timeout(ANSWER)
            .test_before_acquire(false)
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    conn.execute(setup).await?;
                    Ok(())
                })
            })
            .before_acquire(move |conn, meta| {
                let trusted = !remote || watched.trusts(meta.age);
                Box::pin(async move {
                    if remote && trusted && meta.idle_for > SLEPT {
                        conn.ping().await?;
                    }
                    Ok(trusted)
                })
            })
            .connect(url)
            .await?;
        Ok(Self { pool, watch })
    }

    /// A connection, for one use.
    pub(super) async fn take(&self) -> Result<Connection, StoreError> {
        let conn = self.pool.acquire().await?;
        Ok(Connection { conn: Some(conn), watch: self.watch.clone(), is_unfinished: false, patience: ANSWER })
    }

    /// How many statements were sent.
    pub(super) fn statements(&self) -> u64 {
        self.watch.statements.load(Ordering::Relaxed)
    }

    /// The pool behind it.
    pub(super) fn pool(&self) -> &AnyPool {
        &self.pool
    }
}

/// One connection. When it is dropped, it is given back if nothing is left unfinished on it, and closed
/// otherwise.
pub(super) struct Connection {
    /// `None` only while it is dropped.
    conn: Option<PoolConnection<Any>>,
    watch: Arc<Watch>,
    is_unfinished: bool,
    patience: Duration,
}

impl Connection {
    /// How long a statement is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// Waits this long for each statement: for work that nobody waits for in a request.
    pub(super) fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
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

    /// The same with another patience.
    pub(super) async fn ask_within<'c, T, F>(
        &'c mut self,
        patience: Duration,
        ask: impl FnOnce(&'c mut AnyConnection) -> F,
    ) -> Result<T, sqlx::Error>
    where
        F: Future<Output = Result<T, sqlx::Error>> + Send + 'c,
    {
        let Self { conn, watch, is_unfinished, .. } = self;
        let conn = conn.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        watch.statements.fetch_add(1, Ordering::Relaxed);
        let answer = match timeout(patience, ask(conn)).await {
            Ok(answer) => answer,
            Err(_) => Err(sqlx::Error::Io(ErrorKind::TimedOut.into())),
        };
        if let Err(error) = &answer
            && is_lost(error)
        {
            *is_unfinished = true;
            watch.distrust();
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
        // Whoever hung up may have left half an answer on it, which is read to its end now; a database
        // that does not answer must not keep the place of this connection for ever.
        // INTEROP: sqlx 0.9.0 waits without a limit when it takes a connection back.
        let given_back = conn.return_to_pool();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { timeout(ANSWER, given_back).await });
        }
    }
}

/// Whether the connection is gone, or leads to a server that is no longer the one to ask.
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
        let watch = Watch { opened, statements: AtomicU64::new(0), distrusted: AtomicU64::new(0) };
        assert!(watch.trusts(Duration::from_secs(59)));
        watch.distrust();
        assert!(!watch.trusts(Duration::from_secs(59)));
        assert!(!watch.trusts(Duration::from_millis(1)));
        std::thread::sleep(Duration::from_millis(2));
        assert!(watch.trusts(Duration::ZERO), "one that was made since");
    }
}

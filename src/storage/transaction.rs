//! A transaction to write with.

use super::StoreError;
use super::changes::{Counter, Recorder};
use super::connections::{Connections, is_undecided};
use super::reader::{Reader, field};
use super::statements::LOCK_COUNTER;
use crate::domain::change::{Change, Origin};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Executor};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// How much longer a commit may take than another statement: it waits for the disk.
const COMMIT: Duration = Duration::from_millis(500);
/// How much longer again for each change in it.
const COMMIT_OF_ONE: Duration = Duration::from_millis(1);

/// One transaction: a [`Reader`] with the writing methods of every noun. If it is dropped before its end,
/// its connection is closed and nothing is written.
// INTEROP: sqlx 0.9.0 returns a connection to the pool although BEGIN was cut off on it. So this does not use
// the transactions of sqlx.
pub struct Transaction {
    reader: Reader,
    /// Where the feed stood when this transaction began.
    base_seq: i64,
    recorder: Option<Recorder>,
    noted: Vec<Change>,
    /// Whether it is committed even if nothing is noted.
    keeps_unnoted: bool,
    /// The statement that tells the database to expect pauses.
    pauses: &'static str,
}

/// What a committed administrative write returns.
#[derive(Debug)]
pub struct Committed<T> {
    /// What the body returned.
    pub value: T,
    /// The seq of its last change. If it changed nothing: the seq of the last change before it.
    pub seq: i64,
}

impl Transaction {
    pub(super) async fn begin(connections: &Connections) -> Result<Self, StoreError> {
        let mut connection = connections.take().await?;
        connection.set_unfinished(true);
        connection.ask(|conn| conn.execute("BEGIN")).await?;
        Ok(Self::within(Reader::new(connection)))
    }

    /// The transaction that was begun on the connection of `reader`.
    pub(super) fn within(reader: Reader) -> Self {
        Self { reader, base_seq: 0, recorder: None, noted: Vec::new(), keeps_unnoted: false, pauses: "" }
    }

    /// Sets what [`Transaction::expect_pauses`] runs.
    pub(super) fn set_pauses(&mut self, statement: &'static str) {
        self.pauses = statement;
    }

    /// Lets the database wait longer between two statements, because the transaction computes between them.
    /// If this replica is lost meanwhile, other writers wait as long.
    pub async fn expect_pauses(&mut self) -> Result<(), StoreError> {
        let pauses = self.pauses;
        if !pauses.is_empty() {
            self.reader.connection.ask(|conn| conn.execute(pauses)).await?;
        }
        Ok(())
    }

    /// Takes the change counter, and with it the turn to write.
    // INVARIANT: a writing transaction begins with a write; one that reads first loses its turn
    // under contention on SQLite.
    pub(super) async fn lock_counter(&mut self, origin: Origin) -> Result<(), StoreError> {
        let row = self.reader.one(sqlx::query(LOCK_COUNTER)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the change counter is missing".to_owned()))?;
        let counter = Counter { seq: field(&row, "seq")?, head_hash: field(&row, "head_hash")? };
        self.base_seq = counter.seq;
        self.recorder = Some(Recorder::new(counter, origin));
        Ok(())
    }

    /// The seq of the state that this transaction began with: that of the last change before it.
    #[must_use]
    pub fn base_seq(&self) -> i64 {
        self.base_seq
    }

    /// The seq of the change that was noted last.
    #[must_use]
    pub fn last_seq(&self) -> i64 {
        let recorded = self.recorder.as_ref().map_or(0, Recorder::seq);
        recorded + i64::try_from(self.noted.len()).unwrap_or(0)
    }

    /// Runs one writing statement and returns how many rows it touched.
    pub(super) async fn run(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        self.reader.connection.run(query).await
    }

    /// Notes a change, to be recorded when the transaction is committed.
    pub fn note(&mut self, change: Change) {
        self.noted.push(change);
    }

    /// What was noted and is not recorded yet.
    #[must_use]
    pub fn noted(&self) -> &[Change] {
        &self.noted
    }

    /// Records the changes noted so far, so that a transaction of many changes need not keep all in memory.
    pub async fn record_noted(&mut self) -> Result<(), StoreError> {
        let noted = std::mem::take(&mut self.noted);
        let Some(mut recorder) = self.recorder.take() else {
            return Ok(());
        };
        for change in noted {
            recorder.record(&mut self.reader.connection, change).await?;
        }
        self.recorder = Some(recorder);
        Ok(())
    }

    /// Commits even if nothing is noted: bookkeeping was written that the audit trail does not tell of.
    pub fn keep_unnoted(&mut self) {
        self.keeps_unnoted = true;
    }

    /// Records the noted changes and commits. A transaction that took the counter and noted nothing is rolled
    /// back, unless it is to be kept.
    pub(super) async fn finish<T>(mut self, value: T) -> Result<Committed<T>, StoreError> {
        self.record_noted().await?;
        let base = self.base_seq;
        let mut seq = base;
        if let Some(recorder) = self.recorder.take() {
            if recorder.seq() == base {
                if self.keeps_unnoted {
                    self.commit(0).await?;
                } else {
                    self.take_back().await;
                }
                return Ok(Committed { value, seq });
            }
            seq = recorder.finish(&mut self.reader.connection).await?;
        }
        self.commit(seq - base).await?;
        Ok(Committed { value, seq })
    }

    /// Rolls everything back.
    pub(super) async fn take_back(mut self) {
        let connection = &mut self.reader.connection;
        if connection.is_lost() {
            return;
        }
        // If this fails, the connection is closed, which rolls everything back as well.
        let done = connection.ask(|conn| conn.execute("ROLLBACK")).await.is_ok();
        connection.set_unfinished(!done);
    }

    async fn commit(mut self, changes: i64) -> Result<(), StoreError> {
        let more = COMMIT + COMMIT_OF_ONE * u32::try_from(changes).unwrap_or(u32::MAX);
        let connection = &mut self.reader.connection;
        let patience = connection.patience() + more;
        match connection.ask_within(patience, |conn| conn.execute("COMMIT")).await {
            Ok(_) => {
                connection.set_unfinished(false);
                Ok(())
            }
            Err(error) if is_undecided(&error) => Err(StoreError::Undecided(Box::new(error))),
            Err(error) => Err(error.into()),
        }
    }
}

impl Deref for Transaction {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Reader {
        &mut self.reader
    }
}

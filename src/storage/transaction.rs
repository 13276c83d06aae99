//! A transaction for writing.

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

/// The time that a commit may take in addition to the time limit of other statements. A commit waits for the disk.
const COMMIT: Duration = Duration::from_millis(500);
/// The additional time of a commit for each change.
const COMMIT_OF_ONE: Duration = Duration::from_millis(1);

/// One transaction: a [`Reader`] that can also write. Other files of `src/storage` add the methods that write their
/// kinds of rows. If a transaction is dropped before its end, its connection is closed and nothing is written.
// INTEROP: sqlx 0.9.0 returns a connection to the pool even if its BEGIN was cancelled. So this type does not use the
// transactions of sqlx.
pub struct Transaction {
    reader: Reader,
    /// The seq of the last change before this transaction began; 0 if the transaction did not take the change counter.
    base_seq: i64,
    recorder: Option<Recorder>,
    noted: Vec<Change>,
    /// True if the transaction is committed even without a noted change.
    keeps_unnoted: bool,
    /// The statement that lets the database wait longer during pauses.
    pauses: &'static str,
}

/// The result of a committed administrative write.
#[derive(Debug)]
pub struct Committed<T> {
    /// The result that the body returned.
    pub value: T,
    /// The seq of the last change of the write. If the write changed nothing, the seq of the last change before it.
    pub seq: i64,
}

impl Transaction {
    pub(super) async fn begin(connections: &Connections) -> Result<Self, StoreError> {
        let mut connection = connections.take().await?;
        connection.set_unfinished(true);
        connection.ask(|conn| conn.execute("BEGIN")).await?;
        Ok(Self::within(Reader::new(connection)))
    }

    /// Builds the transaction that was begun on the connection of `reader`.
    pub(super) fn within(reader: Reader) -> Self {
        Self { reader, base_seq: 0, recorder: None, noted: Vec::new(), keeps_unnoted: false, pauses: "" }
    }

    /// Sets the statement that [`Transaction::expect_pauses`] runs.
    pub(super) fn set_pauses(&mut self, statement: &'static str) {
        self.pauses = statement;
    }

    /// Lets the database wait longer between two statements, because the transaction computes between them. If this
    /// replica is lost meanwhile, other writers must wait until the database gives up.
    pub async fn expect_pauses(&mut self) -> Result<(), StoreError> {
        let pauses = self.pauses;
        if !pauses.is_empty() {
            self.reader.connection.ask(|conn| conn.execute(pauses)).await?;
        }
        Ok(())
    }

    /// Takes the change counter, and so the turn to write.
    // INVARIANT: a writing transaction begins with a write. On SQLite a transaction that reads first can fail if
    // another transaction writes.
    pub(super) async fn lock_counter(&mut self, origin: Origin) -> Result<(), StoreError> {
        let row = self.reader.one(sqlx::query(LOCK_COUNTER)).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("the change counter is missing".to_owned()))?;
        let counter = Counter { seq: field(&row, "seq")?, head_hash: field(&row, "head_hash")? };
        self.base_seq = counter.seq;
        self.recorder = Some(Recorder::new(counter, origin));
        Ok(())
    }

    /// Returns the seq of the last change before this transaction began; 0 if the transaction did not take the change
    /// counter.
    #[must_use]
    pub fn base_seq(&self) -> i64 {
        self.base_seq
    }

    /// Returns the seq that the last noted change has or will have. Without a noted change, returns the seq of the last
    /// change before this transaction. The transaction must have taken the change counter.
    #[must_use]
    pub fn last_seq(&self) -> i64 {
        let recorded = self.recorder.as_ref().map_or(0, Recorder::seq);
        recorded + i64::try_from(self.noted.len()).unwrap_or(0)
    }

    /// Runs one writing statement. Returns the number of changed rows.
    pub(super) async fn run(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<u64, StoreError> {
        self.reader.connection.run(query).await
    }

    /// Notes a change. The commit records the change in the audit trail, if the transaction took the change counter.
    pub fn note(&mut self, change: Change) {
        self.noted.push(change);
    }

    /// Returns the noted changes that are not recorded yet.
    #[must_use]
    pub fn noted(&self) -> &[Change] {
        &self.noted
    }

    /// Records the changes that were noted so far, so that a transaction with many changes does not keep all of them in
    /// memory. Drops the noted changes if the transaction did not take the change counter.
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

    /// Lets the transaction be committed even if no change is noted: for bookkeeping that the audit trail does not
    /// record.
    pub fn keep_unnoted(&mut self) {
        self.keeps_unnoted = true;
    }

    /// Records the noted changes and commits. Rolls back a transaction that took the counter and noted nothing, unless
    /// [`Transaction::keep_unnoted`] was called.
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

    /// Rolls the transaction back.
    pub(super) async fn take_back(mut self) {
        let connection = &mut self.reader.connection;
        if connection.is_lost() {
            return;
        }
        // If the rollback fails, the connection is closed, which also rolls the transaction back.
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

//! Copies all rows from one database to another. The rows are read in pages, and the stored values are written
//! unchanged. This file also begins the long transactions of a transfer or a restore.
//!
//! INVARIANT: [`TABLES`] contains every table and column of the schema, except the leases and the list of replicas,
//! which belong to the servers of one database, and the list of the schema's steps, which the migrations write. A test
//! compares [`TABLES`] with a migrated database.

use super::reader::Reader;
use super::statements::UPDATE_COUNTER;
use super::transaction::Transaction;
use super::{Store, StoreError};
use crate::domain::change::{Change, Origin};
use ring::digest::{Context, SHA256};
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe, Executor, Row};
use std::fmt::Write;
use std::time::Duration;

/// The number of rows that one query reads.
const PAGE: i64 = 500;
/// The time limit of one statement. The limit is long, because only the operator who began the transfer or the restore
/// waits for it.
const PATIENCE: Duration = Duration::from_secs(3600);
/// The number of rows that one statement writes.
const ROWS: usize = 25;
/// The table of the change counter. It has one row in every database.
const COUNTER: &str = "change_counter";

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
}

/// A table whose rows are copied.
#[derive(Debug)]
pub struct Table {
    /// The name of the table.
    pub name: &'static str,
    /// The number of first columns that form the key. The rows are read in the order of the key.
    keys: usize,
    columns: &'static [(&'static str, Kind)],
}

macro_rules! tables {
    ($($name:ident by $keys:literal: $($column:ident $kind:ident),+;)+) => {
        /// The tables. Each table comes after the tables to which it refers.
        pub const TABLES: &[Table] = &[$(Table {
            name: stringify!($name),
            keys: $keys,
            columns: &[$((stringify!($column), Kind::$kind)),+],
        }),+];
    };
}

tables! {
    subjects by 1: id Text, kind Text, name Text, folded_name Text, description Text, admin Number,
        disabled Number, labels Text, password_hash Text, credential_version Number, expires_at Number,
        managed_by Text, created_at Number, updated_at Number;
    subject_groups by 1: id Text, name Text, description Text, managed_by Text, created_at Number,
        updated_at Number;
    memberships by 2: group_id Text, subject_id Text;
    services by 1: name Text, token_ttl Number, offline_tokens Number, push_includes_pull Number,
        password_grant Number, events Number, search Number, crawl Text, profile Text, trust Text, key_id Text, managed_by Text,
        created_at Number, updated_at Number;
    rules by 1: name Text, effect Text, subjects Text, services Text, type Text, names Text, actions Text,
        networks Text, not_before Number, not_after Number, priority Number, enabled Number,
        description Text, managed_by Text, created_at Number, updated_at Number;
    access_keys by 1: id Text, subject_id Text, name Text, digest Text, scopes Text, created_at Number,
        expires_at Number, last_used_at Number, origin Text, last_address Text;
    refresh_tokens by 1: id Text, digest Text, subject_id Text, service Text, client_id Text,
        created_at Number, last_used_at Number, expires_at Number, last_address Text;
    identity_providers by 1: name Text, kind Text, settings Text, secret Text, held_at Number,
        unbraked_until Number, created_at Number, updated_at Number;
    identities by 1: id Text, subject_id Text, provider Text, issuer Text, external_id Text, external_name Text,
        state Text, signed_in_at Number, checked_at Number, valid_until Number, recheck_at Number,
        claimed_until Number, upstream_token Text, given Text;
    browser_sessions by 1: digest Text, subject_id Text, credential_version Number, provider_sid Text,
        signed_in_at Number, last_used_at Number, expires_at Number, wrong_codes Number, address Text, agent Text;
    signin_flows by 1: digest Text, kind Text, user_code Text, details Text, address Text, network Text, subject_id Text,
        credential_version Number, outcome Text, polled_at Number, created_at Number, expires_at Number;
    changes by 1: seq Number, tx Text, at Number, actor Text, address Text, request_id Text, action Text,
        kind Text, name Text, before Text, after Text, prev_hash Text, hash Text;
    change_counter by 1: seq Number, head_hash Text;
}

/// One value of a row. Both kinds may be NULL.
#[derive(Clone)]
enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
}

impl Cell {
    fn read(row: &AnyRow, index: usize, kind: Kind) -> Result<Self, StoreError> {
        Ok(match kind {
            Kind::Text => Self::Text(row.try_get(index)?),
            Kind::Number => Self::Number(row.try_get(index)?),
        })
    }

    /// Returns a value that sorts before every value of a key column.
    fn first(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text(Some(String::new())),
            Kind::Number => Self::Number(Some(i64::MIN)),
        }
    }

    fn bind<'q>(&self, query: Query<'q, Any, AnyArguments>) -> Query<'q, Any, AnyArguments> {
        match self {
            Self::Text(text) => query.bind(text.clone()),
            Self::Number(number) => query.bind(*number),
        }
    }

    /// Adds the value to a digest. Rows with different values give different inputs for the digest.
    fn digest(&self, context: &mut Context) {
        match self {
            Self::Text(None) | Self::Number(None) => context.update(b"0"),
            Self::Text(Some(text)) => {
                context.update(b"t");
                context.update(&(text.len() as u64).to_be_bytes());
                context.update(text.as_bytes());
            }
            Self::Number(Some(number)) => {
                context.update(b"n");
                context.update(&number.to_be_bytes());
            }
        }
    }
}

type Cells = Vec<Cell>;

impl Table {
    /// Returns the names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|(name, _)| *name)
    }

    fn list(&self) -> String {
        self.columns().collect::<Vec<_>>().join(", ")
    }

    /// Builds the statement that reads a limited number of rows after a key. The database sorts the rows in its own
    /// order, so that it can use an index. The comparison of two databases does not depend on the order.
    fn select(&self) -> String {
        let key = self.columns().take(self.keys).collect::<Vec<_>>().join(", ");
        let bounds: Vec<String> = (1..=self.keys).map(|i| format!("${i}")).collect();
        let (list, name, limit) = (self.list(), self.name, self.keys + 1);
        let bounds = bounds.join(", ");
        format!("SELECT {list} FROM {name} WHERE ({key}) > ({bounds}) ORDER BY {key} LIMIT ${limit}")
    }

    fn insert(&self, rows: usize) -> String {
        let mut text = format!("INSERT INTO {} ({}) VALUES ", self.name, self.list());
        let width = self.columns.len();
        for row in 0..rows {
            let values: Vec<String> = (1..=width).map(|i| format!("${}", row * width + i)).collect();
            let comma = if row > 0 { ", " } else { "" };
            // Writing to a text never fails.
            let _ = write!(text, "{comma}({})", values.join(", "));
        }
        text
    }
}

/// Returns the statements that this file builds from the tables.
pub(super) fn statements() -> impl Iterator<Item = String> {
    TABLES.iter().flat_map(|table| [table.select(), table.insert(1), table.insert(ROWS)])
}

/// The content of a table: the number of rows, and a sum over all rows that does not depend on their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// The name of the table.
    pub table: &'static str,
    /// The number of rows.
    pub rows: u64,
    /// The sum of the SHA-256 of every row.
    sum: [u64; 4],
}

impl Contents {
    fn of_nothing(table: &Table) -> Self {
        Self { table: table.name, rows: 0, sum: [0; 4] }
    }

    fn add(&mut self, row: &Cells) {
        let mut context = Context::new(&SHA256);
        for cell in row {
            cell.digest(&mut context);
        }
        let digest = context.finish();
        for (part, bytes) in self.sum.iter_mut().zip(digest.as_ref().as_chunks::<8>().0) {
            *part = part.wrapping_add(u64::from_be_bytes(*bytes));
        }
        self.rows += 1;
    }
}

/// An error of a transfer, on the side where it happened.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// An error of the database from which the rows are read.
    #[error("the source cannot be read")]
    Source(#[source] StoreError),
    /// An error of the database to which the rows are written.
    #[error("the target cannot be written")]
    Target(#[source] StoreError),
}

impl Reader {
    async fn rows_after(&mut self, table: &Table, last: Option<&Cells>) -> Result<Vec<Cells>, StoreError> {
        let mut query = sqlx::query(AssertSqlSafe(table.select()));
        for (index, (_, kind)) in table.columns.iter().take(table.keys).enumerate() {
            let bound = last.and_then(|row| row.get(index)).cloned();
            query = bound.unwrap_or_else(|| Cell::first(*kind)).bind(query);
        }
        let rows = self.all(query.bind(PAGE)).await?;
        let cells = |row: &AnyRow| {
            let of = |(index, (_, kind)): (usize, &(&str, Kind))| Cell::read(row, index, *kind);
            table.columns.iter().enumerate().map(of).collect()
        };
        rows.iter().map(cells).collect()
    }

    /// Reads the content of every table.
    pub async fn contents(&mut self) -> Result<Vec<Contents>, StoreError> {
        let mut all = Vec::new();
        for table in TABLES {
            let mut contents = Contents::of_nothing(table);
            let mut page = self.rows_after(table, None).await?;
            while let Some(last) = page.last() {
                page.iter().for_each(|row| contents.add(row));
                page = self.rows_after(table, Some(last)).await?;
            }
            all.push(contents);
        }
        Ok(all)
    }
}

impl Transaction {
    async fn put(&mut self, table: &Table, rows: &[Cells]) -> Result<(), StoreError> {
        for some in rows.chunks(ROWS) {
            // A statement writes [`ROWS`] rows or one row. So only two statements for each table must be prepared.
            let size = if some.len() == ROWS { ROWS } else { 1 };
            for few in some.chunks(size) {
                let text = if table.name == COUNTER { UPDATE_COUNTER.to_owned() } else { table.insert(size) };
                let query = sqlx::query(AssertSqlSafe(text));
                let query = few.iter().flatten().fold(query, |query, cell| cell.bind(query));
                self.run(query).await?;
            }
        }
        Ok(())
    }

    /// Copies the rows of all tables of `source`. Returns the number of rows and the sum of each table. After each
    /// page, calls `progress` with the table and the number of its written rows.
    pub async fn copy_from(
        &mut self,
        source: &mut Reader,
        mut progress: impl FnMut(&'static str, u64),
    ) -> Result<Vec<Contents>, TransferError> {
        let mut all = Vec::new();
        for table in TABLES {
            let mut contents = Contents::of_nothing(table);
            let mut page = source.rows_after(table, None).await.map_err(TransferError::Source)?;
            while let Some(last) = page.last() {
                self.put(table, &page).await.map_err(TransferError::Target)?;
                page.iter().for_each(|row| contents.add(row));
                progress(table.name, contents.rows);
                page = source.rows_after(table, Some(last)).await.map_err(TransferError::Source)?;
            }
            all.push(contents);
        }
        Ok(all)
    }

    /// Adds one change at the end of the trail, and commits. Returns the seq of the change. After an error nothing is
    /// written, except perhaps after [`StoreError::Undecided`].
    pub async fn seal(mut self, origin: Origin, change: Change) -> Result<i64, StoreError> {
        self.lock_counter(origin).await?;
        self.note(change);
        Ok(self.finish(()).await?.seq)
    }
}

impl Store {
    /// Opens a reader that sees one state while other transactions write.
    pub async fn one_state(&self) -> Result<Reader, StoreError> {
        self.patient(self.dialect.begin_one_state()).await
    }

    /// Begins a transaction that keeps the turn to write without a time limit.
    pub async fn begin_long(&self, origin: Origin) -> Result<Transaction, StoreError> {
        let mut tx = Transaction::within(self.patient("BEGIN").await?);
        tx.lock_counter(origin).await?;
        Ok(tx)
    }

    /// Opens a reader in a transaction that may take long. If the transaction is not ended, its connection is closed.
    async fn patient(&self, begin: &'static str) -> Result<Reader, StoreError> {
        let mut connection = self.connections.take().await?;
        connection.set_patience(PATIENCE);
        connection.set_unfinished(true);
        connection.ask(|conn| conn.execute(begin)).await?;
        connection.ask(|conn| conn.execute(self.dialect.for_long_work())).await?;
        Ok(Reader::new(connection))
    }

    /// Returns the kind of the database: `sqlite` or `postgresql`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.dialect.name()
    }
}

//! Writes rows: one statement writes several rows of a table. If no table has more than one row, one statement writes
//! the rows of all tables, because the database takes longer to answer than to write a row.

use super::super::error::StoreError;
use super::EventTransaction;
use super::statements::{PORTIONS, Rows};
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

/// A statement whose values are being bound.
pub(super) type Binding = Query<'static, Any, AnyArguments>;

/// Rows for one table. No two rows may have the same key.
pub(super) struct Table<'r> {
    statement: Rows,
    count: usize,
    /// Binds some of the rows. The first number is the index of the first row. The second number is the number of rows.
    bind: Box<dyn Fn(Binding, usize, usize) -> Binding + Send + Sync + 'r>,
}

impl<'r> Table<'r> {
    pub(super) fn new<R: Sync>(
        statement: Rows,
        rows: &'r [R],
        bind: impl Fn(Binding, &R) -> Binding + Send + Sync + 'r,
    ) -> Self {
        let some = move |query, first, count| rows.iter().skip(first).take(count).fold(query, &bind);
        Self { statement, count: rows.len(), bind: Box::new(some) }
    }
}

impl EventTransaction<'_> {
    /// Writes rows of one table. No two rows may have the same key.
    pub(super) async fn put<'r, R: Sync>(
        &mut self,
        statement: Rows,
        rows: &'r [R],
        bind: impl Fn(Binding, &R) -> Binding + Send + Sync + 'r,
    ) -> Result<(), StoreError> {
        self.put_all(&[Table::new(statement, rows, bind)]).await
    }

    /// Writes the rows of several tables. No table may occur twice.
    pub(super) async fn put_all(&mut self, tables: &[Table<'_>]) -> Result<(), StoreError> {
        if tables.iter().all(|table| table.count <= 1) {
            return self.put_joined(tables).await;
        }
        for table in tables {
            let mut first = 0;
            for portion in PORTIONS {
                while table.count - first >= portion {
                    let query = sqlx::query(AssertSqlSafe(table.statement.text(portion)));
                    self.tx.run((table.bind)(query, first, portion)).await?;
                    first += portion;
                }
            }
        }
        Ok(())
    }

    /// Writes all tables with one statement. No table has more than one row.
    async fn put_joined(&mut self, tables: &[Table<'_>]) -> Result<(), StoreError> {
        let (mut texts, mut values) = (Vec::new(), 0);
        for table in tables.iter().filter(|table| table.count > 0) {
            texts.push(table.statement.text_after(values, 1));
            values += table.statement.columns();
        }
        if texts.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(AssertSqlSafe(self.dialect.joined(&texts)));
        let query = tables.iter().fold(query, |query, table| (table.bind)(query, 0, 1));
        self.tx.run(query).await?;
        Ok(())
    }
}

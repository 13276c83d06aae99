//! A connection for reading, and functions that read the columns of a row.

use super::StoreError;
use super::connections::Connection;
use super::statements::PING;
use crate::domain::time::Timestamp;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, ColumnIndex, Decode, Row, Type};

/// A connection for reading. Other files of `src/storage` add the methods that read their kinds of rows.
pub struct Reader {
    pub(super) connection: Connection,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection }
    }

    pub(super) async fn one(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<Option<AnyRow>, StoreError> {
        Ok(self.connection.ask(|conn| query.fetch_optional(conn)).await?)
    }

    pub(super) async fn all(
        &mut self,
        query: Query<'_, Any, AnyArguments>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        Ok(self.connection.ask(|conn| query.fetch_all(conn)).await?)
    }

    pub(super) async fn count(&mut self, query: Query<'_, Any, AnyArguments>) -> Result<i64, StoreError> {
        match self.one(query).await? {
            Some(row) => field(&row, "n"),
            None => Ok(0),
        }
    }

    /// Fails if the database does not answer.
    pub async fn ping(&mut self) -> Result<(), StoreError> {
        self.one(sqlx::query(PING)).await.map(|_| ())
    }
}

/// Reads a column of a row.
pub(super) fn field<'r, T>(row: &'r AnyRow, column: &'static str) -> Result<T, StoreError>
where
    T: Decode<'r, Any> + Type<Any>,
    &'static str: ColumnIndex<AnyRow>,
{
    Ok(row.try_get(column)?)
}

/// Reads a column that contains 0 or 1.
pub(super) fn flag(row: &AnyRow, column: &'static str) -> Result<bool, StoreError> {
    Ok(field::<i64>(row, column)? != 0)
}

/// Reads a column that contains a time.
pub(super) fn time(row: &AnyRow, column: &'static str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_micros(field(row, column)?))
}

/// Reads a column that contains a time or NULL.
pub(super) fn optional_time(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
    Ok(field::<Option<i64>>(row, column)?.map(Timestamp::from_micros))
}

/// Reads a column that contains a text, and parses it.
pub(super) fn parsed<T, E: std::fmt::Display>(
    row: &AnyRow,
    column: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, StoreError> {
    let text: String = field(row, column)?;
    parse(&text).map_err(|error| StoreError::Corrupt(format!("{column}: {error}")))
}

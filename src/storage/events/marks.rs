//! Small notes that the server stores in the database of events. Each note has a name.

use super::super::error::StoreError;
use super::super::reader::field;
use super::statements::{PUT_MARK, SELECT_MARK};
use super::{EventReader, EventStore, EventTransaction};

impl EventReader {
    /// Reads the note with this name; `None` if it does not exist.
    pub async fn mark(&mut self, name: &str) -> Result<Option<String>, StoreError> {
        let row = self.reader.one(sqlx::query(SELECT_MARK).bind(name)).await?;
        row.map(|row| field(&row, "value")).transpose()
    }
}

impl EventStore {
    /// Writes or replaces the note with this name, in its own transaction.
    pub async fn note(&self, name: &'static str, value: String) -> Result<(), StoreError> {
        self.write(move |mut tx| Box::pin(async move { tx.put_mark(name, &value).await })).await
    }
}

impl EventTransaction<'_> {
    /// Writes or replaces the note with this name, in this transaction.
    pub async fn put_mark(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.tx.run(sqlx::query(PUT_MARK).bind(name).bind(value)).await.map(|_| ())
    }
}

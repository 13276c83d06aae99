//! Reads the names of repositories and tags for registry clients. The server keeps the names of repositories in memory,
//! but not the names of tags.

use super::super::error::StoreError;
use super::super::reader::field;
use super::EventReader;
use super::read_statements::{LIST_NAMES, LIST_TAG_NAMES};

impl EventReader {
    /// Reads at most `most` names of a service's repositories after `after`, sorted and each with its description.
    pub async fn list_names(
        &mut self,
        service: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<(String, String)>, StoreError> {
        let query = sqlx::query(LIST_NAMES).bind(service.to_owned()).bind(after.to_owned()).bind(most);
        let rows = self.reader.all(query).await?;
        rows.iter().map(|row| Ok((field(row, "name")?, field(row, "description")?))).collect()
    }

    /// Reads at most `most` names of a repository's tags after `after`, sorted.
    pub async fn list_tag_names(
        &mut self,
        service: &str,
        repository: &str,
        after: &str,
        most: i64,
    ) -> Result<Vec<String>, StoreError> {
        let query = sqlx::query(LIST_TAG_NAMES).bind(service.to_owned()).bind(repository.to_owned());
        let rows = self.reader.all(query.bind(after.to_owned()).bind(most)).await?;
        rows.iter().map(|row| field(row, "name")).collect()
    }
}

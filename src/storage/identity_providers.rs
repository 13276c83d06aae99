//! Identity providers, which vouch for people.

use super::reader::{Reader, field, optional_time, time};
use super::statements::{
    DELETE_PROVIDER, HOLD_PROVIDER, INSERT_PROVIDER, LIST_PROVIDERS, RELEASE_PROVIDER, SELECT_PROVIDER,
    SELECT_PROVIDERS, UPDATE_PROVIDER, UPDATE_PROVIDER_SECRET,
};
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::identity::{ProviderName, ProviderSettings};
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;

/// The secret of a provider, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// The secret itself, sealed with a key of the keys folder.
    Sealed(String),
    /// The file with the secret. The server reads the file at each use.
    File(String),
}

/// A provider as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// The settings of the provider.
    pub settings: ProviderSettings,
    /// The secret of the provider. A public client has none.
    pub secret: Option<Secret>,
    /// The time since which the provider is held. A server holds a provider if very many people disappear at once, so
    /// that nobody loses access by mistake.
    pub held_at: Option<Timestamp>,
    /// The time until which an administrator permits any number of people to lose access.
    pub unbraked_until: Option<Timestamp>,
    /// The time at which the provider was created.
    pub created_at: Timestamp,
    /// The time at which the provider was last changed.
    pub updated_at: Timestamp,
}

fn corrupt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

fn provider_row(row: &AnyRow) -> Result<ProviderRow, StoreError> {
    let (name, settings): (String, String) = (field(row, "name")?, field(row, "settings")?);
    let secret: Option<String> = field(row, "secret")?;
    Ok(ProviderRow {
        settings: ProviderSettings::stored(&name, &settings).map_err(corrupt)?,
        secret: secret.as_deref().map(serde_json::from_str).transpose().map_err(corrupt)?,
        held_at: optional_time(row, "held_at")?,
        unbraked_until: optional_time(row, "unbraked_until")?,
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

fn written<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(corrupt)
}

fn written_secret(row: &ProviderRow) -> Result<Option<String>, StoreError> {
    row.secret.as_ref().map(written).transpose()
}

impl Reader {
    /// Reads all providers, sorted by name.
    pub async fn list_providers(&mut self) -> Result<Vec<ProviderRow>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_PROVIDERS)).await?;
        rows.iter().map(provider_row).collect()
    }

    /// Reads a page of the providers, sorted by name, and one more provider if it exists.
    pub async fn list_providers_page(&mut self, page: &Page) -> Result<Vec<ProviderRow>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_PROVIDERS))).await?;
        rows.iter().map(provider_row).collect()
    }

    /// Finds a provider by its name.
    pub async fn find_provider(&mut self, name: &ProviderName) -> Result<Option<ProviderRow>, StoreError> {
        let row = self.one(sqlx::query(SELECT_PROVIDER).bind(name.as_str())).await?;
        row.as_ref().map(provider_row).transpose()
    }
}

impl Transaction {
    /// Stores a new provider. [`StoreError::Conflict`] means that the name is taken.
    pub async fn insert_provider(&mut self, row: &ProviderRow) -> Result<(), StoreError> {
        let query = sqlx::query(INSERT_PROVIDER)
            .bind(row.settings.name.as_str())
            .bind(row.settings.kind.as_str())
            .bind(written(row.settings.fields())?)
            .bind(written_secret(row)?)
            .bind(row.updated_at.as_micros())
            .bind(row.created_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces a provider's settings and secret.
    pub async fn update_provider(&mut self, row: &ProviderRow) -> Result<(), StoreError> {
        let query = sqlx::query(UPDATE_PROVIDER)
            .bind(row.settings.name.as_str())
            .bind(row.settings.kind.as_str())
            .bind(written(row.settings.fields())?)
            .bind(written_secret(row)?)
            .bind(row.updated_at.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Replaces a sealed secret by the same secret, sealed again. Returns `false` if the secret was changed meanwhile.
    pub async fn reseal_provider(
        &mut self,
        name: &ProviderName,
        old: &Secret,
        new: &Secret,
    ) -> Result<bool, StoreError> {
        let query =
            sqlx::query(UPDATE_PROVIDER_SECRET).bind(name.as_str()).bind(written(new)?).bind(written(old)?);
        Ok(self.run(query).await? > 0)
    }

    /// Holds a provider. Until an administrator releases the provider, nobody loses access because of the provider's
    /// answers. Returns `false` if the provider was already held.
    pub async fn hold_provider(&mut self, name: &ProviderName, at: Timestamp) -> Result<bool, StoreError> {
        Ok(self.run(sqlx::query(HOLD_PROVIDER).bind(name.as_str()).bind(at.as_micros())).await? > 0)
    }

    /// Ends the hold of a provider. Until `until`, any number of people may lose access.
    pub async fn release_provider(
        &mut self,
        name: &ProviderName,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(RELEASE_PROVIDER).bind(name.as_str()).bind(until.as_micros());
        self.run(query).await.map(|_| ())
    }

    /// Deletes a provider that has no people.
    pub async fn delete_provider(&mut self, name: &ProviderName) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_PROVIDER).bind(name.as_str())).await.map(|_| ())
    }
}

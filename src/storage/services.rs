//! Services: the registries for which tokens are issued.

use super::reader::{Reader, field, flag, parsed, time};
use super::statements::{
    DELETE_SERVICE, INSERT_SERVICE, LIST_SERVICES, SELECT_SERVICE, SELECT_SERVICES, UPDATE_SERVICE,
};
use super::transaction::Transaction;
use super::{Page, StoreError};
use crate::domain::crawl::Crawl;
use crate::domain::service::{Service, ServiceName};
use crate::domain::time::{Timestamp, Ttl};
use crate::domain::verifier::{KeyIdForm, Trust, Verifier};
use sqlx::Any;
use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;

/// A service as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRow {
    /// The service itself.
    pub service: Service,
    /// The time at which the service was created.
    pub created_at: Timestamp,
    /// The time at which the service was last changed.
    pub updated_at: Timestamp,
}

/// Reads the crawl settings of a service; `None` if the service is not crawled.
fn crawl(row: &AnyRow) -> Result<Option<Crawl>, StoreError> {
    let stored: Option<String> = field(row, "crawl")?;
    let read = |text: String| {
        Crawl::stored(&text)
            .ok_or_else(|| StoreError::Corrupt("the crawl settings of a service cannot be parsed".to_owned()))
    };
    stored.map(read).transpose()
}

fn service_row(row: &AnyRow) -> Result<ServiceRow, StoreError> {
    let ttl: i64 = field(row, "token_ttl")?;
    let profile: String = field(row, "profile")?;
    let (trust, key_id): (Option<String>, Option<String>) = (field(row, "trust")?, field(row, "key_id")?);
    let verifier = Verifier::stored(&profile, trust.as_deref(), key_id.as_deref());
    Ok(ServiceRow {
        service: Service {
            name: parsed(row, "name", ServiceName::parse)?,
            token_ttl: Ttl::try_from(ttl).map_err(|error| StoreError::Corrupt(error.to_string()))?,
            offline_tokens: flag(row, "offline_tokens")?,
            asked_push_includes_pull: field::<Option<i64>>(row, "push_includes_pull")?.map(|flag| flag != 0),
            password_grant: flag(row, "password_grant")?,
            events: flag(row, "events")?,
            search: flag(row, "search")?,
            crawl: crawl(row)?,
            verifier: verifier.map_err(|error| StoreError::Corrupt(error.to_string()))?,
            managed_by: field(row, "managed_by")?,
        },
        created_at: time(row, "created_at")?,
        updated_at: time(row, "updated_at")?,
    })
}

impl Reader {
    /// Reads all services, sorted by name.
    pub async fn list_services(&mut self) -> Result<Vec<ServiceRow>, StoreError> {
        let rows = self.all(sqlx::query(SELECT_SERVICES)).await?;
        rows.iter().map(service_row).collect()
    }

    /// Reads a page of the services, sorted by name, and one more service if it exists.
    pub async fn list_services_page(&mut self, page: &Page) -> Result<Vec<ServiceRow>, StoreError> {
        let rows = self.all(page.bind(sqlx::query(LIST_SERVICES))).await?;
        rows.iter().map(service_row).collect()
    }

    /// Finds a service by its name.
    pub async fn find_service(&mut self, name: &ServiceName) -> Result<Option<ServiceRow>, StoreError> {
        let row = self.one(sqlx::query(SELECT_SERVICE).bind(name.as_str())).await?;
        row.as_ref().map(service_row).transpose()
    }
}

/// Binds the values that an insert and an update of a service share.
fn bind<'q>(statement: &'static str, row: &'q ServiceRow) -> Query<'q, Any, AnyArguments> {
    let service = &row.service;
    sqlx::query(statement)
        .bind(service.name.as_str())
        .bind(service.token_ttl.seconds())
        .bind(i64::from(service.offline_tokens))
        .bind(service.asked_push_includes_pull.map(i64::from))
        .bind(i64::from(service.password_grant))
        .bind(i64::from(service.events))
        .bind(i64::from(service.search))
        .bind(service.crawl.as_ref().and_then(|crawl| serde_json::to_string(crawl).ok()))
        .bind(service.verifier.profile().as_str())
        .bind(service.verifier.asked_trust().map(Trust::as_str))
        .bind(service.verifier.asked_key_id().map(KeyIdForm::as_str))
        .bind(service.managed_by.as_deref())
        .bind(row.updated_at.as_micros())
}

impl Transaction {
    /// Stores a new service. [`StoreError::Conflict`] means that the name is taken.
    pub async fn insert_service(&mut self, row: &ServiceRow) -> Result<(), StoreError> {
        self.run(bind(INSERT_SERVICE, row).bind(row.created_at.as_micros())).await.map(|_| ())
    }

    /// Replaces all fields of a service except its name and the time of its creation.
    pub async fn update_service(&mut self, row: &ServiceRow) -> Result<(), StoreError> {
        self.run(bind(UPDATE_SERVICE, row)).await.map(|_| ())
    }

    /// Deletes a service.
    pub async fn delete_service(&mut self, name: &ServiceName) -> Result<(), StoreError> {
        self.run(sqlx::query(DELETE_SERVICE).bind(name.as_str())).await.map(|_| ())
    }
}

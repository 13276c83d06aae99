//! The steps of the schema, and whether a database has taken them.

use super::error::StoreError;
use super::reader::Reader;
use super::statements::SELECT_SCHEMA_STEP;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, SqlSafeStr};

/// The table of the steps that were taken. It is created before every other table of ours.
pub(super) const STEPS: &str = "_sqlx_migrations";

/// The steps of the schema, in order.
fn migrations() -> Vec<Migration> {
    let step = |number, name: &'static str, text: &'static str| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    vec![
        step(1, "initial", include_str!("../../migrations/0001_initial.sql")),
        step(2, "lists", include_str!("../../migrations/0002_lists.sql")),
        step(3, "ends", include_str!("../../migrations/0003_ends.sql")),
        step(4, "verifiers", include_str!("../../migrations/0004_verifiers.sql")),
        step(5, "push_includes_pull", include_str!("../../migrations/0005_push_includes_pull.sql")),
        step(6, "replicas", include_str!("../../migrations/0006_replicas.sql")),
        step(7, "password_grant", include_str!("../../migrations/0007_password_grant.sql")),
        step(8, "signin", include_str!("../../migrations/0008_signin.sql")),
        step(9, "identities", include_str!("../../migrations/0009_identities.sql")),
        step(10, "given", include_str!("../../migrations/0010_given.sql")),
    ]
}

/// The number of the last step of the schema that this release knows.
#[must_use]
pub fn newest_schema() -> i64 {
    migrations().last().map_or(0, |migration| migration.version)
}

/// Brings the schema up to date.
pub(super) async fn migrate(conn: &mut AnyConnection) -> Result<(), StoreError> {
    Migrator::with_migrations(migrations()).run(&mut *conn).await.map_err(|error| match error {
        MigrateError::VersionMissing(step) => StoreError::NewerSchema(step),
        other => StoreError::Migration(Box::new(other)),
    })
}

/// The last step that a database has taken, 0 for none, and the number and name of each that [`migrate`] would take.
/// `has_record` says whether it has the table of its steps. Changes nothing; fails as [`migrate`] would.
pub(super) async fn steps_to_take(
    conn: &mut AnyConnection,
    has_record: bool,
) -> Result<(i64, Vec<(i64, String)>), StoreError> {
    let failed = |error: MigrateError| StoreError::Migration(Box::new(error));
    let mut taken = Vec::new();
    if has_record {
        if let Some(step) = conn.dirty_version(STEPS).await.map_err(failed)? {
            return Err(failed(MigrateError::Dirty(step)));
        }
        taken = conn.list_applied_migrations(STEPS).await.map_err(failed)?;
    }
    let known = migrations();
    for one in &taken {
        match known.iter().find(|step| step.version == one.version) {
            None => return Err(StoreError::NewerSchema(one.version)),
            Some(step) if step.checksum != one.checksum => {
                return Err(failed(MigrateError::VersionMismatch(one.version)));
            }
            Some(_) => {}
        }
    }
    let is_taken = |step: &&Migration| taken.iter().any(|one| one.version == step.version);
    let missing = known.iter().filter(|step| !is_taken(step));
    let steps = missing.map(|step| (step.version, step.description.to_string())).collect();
    Ok((taken.iter().map(|one| one.version).max().unwrap_or(0), steps))
}

impl Reader {
    /// The last step of the schema that the database has taken. A newer release beside this one may have taken
    /// more than this one knows.
    pub async fn schema(&mut self) -> Result<i64, StoreError> {
        let query = sqlx::query_scalar(SELECT_SCHEMA_STEP);
        Ok(self.connection.ask(|conn| query.fetch_one(conn)).await?)
    }
}

/// Whether a database of ours has an older schema; a newer one is refused.
pub(super) async fn has_older_schema(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    let step = sqlx::query_scalar::<_, i64>(SELECT_SCHEMA_STEP).fetch_one(conn).await;
    let step = step.map_err(|error| match error {
        sqlx::Error::Database(_) => StoreError::NoSchema,
        other => other.into(),
    })?;
    let known = newest_schema();
    if step > known { Err(StoreError::NewerSchema(step)) } else { Ok(step < known) }
}

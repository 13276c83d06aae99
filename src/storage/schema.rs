//! The steps of the schema, and a check of the steps that a database has applied.

use super::error::StoreError;
use super::reader::Reader;
use super::statements::SELECT_SCHEMA_STEP;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, SqlSafeStr};

/// The table of the applied steps. It is created before every other table of this program.
pub(super) const STEPS: &str = "_sqlx_migrations";

/// Builds one step.
pub(super) fn step(number: i64, name: &'static str, text: &'static str) -> Migration {
    Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
}

/// Returns the steps of the schema, in order.
fn migrations() -> Vec<Migration> {
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
        step(11, "events", include_str!("../../migrations/0011_events.sql")),
        step(12, "search", include_str!("../../migrations/0012_search.sql")),
        step(13, "crawl", include_str!("../../migrations/0013_crawl.sql")),
    ]
}

/// Returns the number of the last step that this release knows.
#[must_use]
pub fn newest_schema() -> i64 {
    migrations().last().map_or(0, |migration| migration.version)
}

/// Brings the schema up to date.
pub(super) async fn migrate(conn: &mut AnyConnection) -> Result<(), StoreError> {
    migrate_by(conn, migrations(), STEPS).await
}

/// Applies the missing steps. `table` is the table of the applied steps.
pub(super) async fn migrate_by(
    conn: &mut AnyConnection,
    steps: Vec<Migration>,
    table: &'static str,
) -> Result<(), StoreError> {
    let mut migrator = Migrator::with_migrations(steps);
    migrator.dangerous_set_table_name(table);
    migrator.run(&mut *conn).await.map_err(|error| match error {
        MigrateError::VersionMissing(step) => StoreError::NewerSchema(step),
        other => StoreError::Migration(Box::new(other)),
    })
}

/// Finds the last applied step (0 for none), and the number and name of each step that [`migrate`] would apply.
/// `has_record` is true if the table of the applied steps exists. Changes nothing. Fails if an applied step is
/// unfinished, unknown or different, because [`migrate`] would then fail.
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
    /// Reads the number of the last applied step. A newer release that uses the same database may have applied steps
    /// that this release does not know.
    pub async fn schema(&mut self) -> Result<i64, StoreError> {
        let query = sqlx::query_scalar(SELECT_SCHEMA_STEP);
        Ok(self.connection.ask(|conn| query.fetch_one(conn)).await?)
    }
}

/// Returns true if the database has an older schema than this release. Fails if the schema is newer, or is not from
/// this program.
pub(super) async fn has_older_schema(conn: &mut AnyConnection) -> Result<bool, StoreError> {
    let step = sqlx::query_scalar::<_, i64>(SELECT_SCHEMA_STEP).fetch_one(conn).await;
    let step = step.map_err(|error| match error {
        sqlx::Error::Database(_) => StoreError::NoSchema,
        other => other.into(),
    })?;
    let known = newest_schema();
    if step > known { Err(StoreError::NewerSchema(step)) } else { Ok(step < known) }
}

//! The steps of the schema of events. The applied steps are listed in their own table, because on PostgreSQL the tables
//! of events can be in the same database as all other tables.

use super::super::error::StoreError;
use super::super::schema::{migrate_by, step};
use super::statements::RAISE_SEQ;
use sqlx::AnyConnection;

/// The table that lists the applied steps.
const STEPS: &str = "_sqlx_event_migrations";

/// The tables and views of events.
const NAMES: [&str; 17] = [
    STEPS,
    "event_counter",
    "event_marks",
    "event_sources",
    "repositories",
    "tags",
    "manifests",
    "manifest_parents",
    "daily_usage",
    "daily_grants",
    "digest_pulls",
    "recent_events",
    "crawl",
    "crawl_missing",
    "live_repositories",
    "live_tags",
    "live_manifests",
];

/// Returns true if the table or view of this name is for events.
pub(in super::super) fn is_of_events(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Brings the schema of events up to date. Raises the counter of events to the last stored event. The counter can be
/// lower after a restore of only some tables, and no new event could then be stored.
pub(super) async fn migrate(conn: &mut AnyConnection) -> Result<(), StoreError> {
    let steps = vec![
        step(1, "events", include_str!("../../../migrations/events/0001_events.sql")),
        step(2, "reading", include_str!("../../../migrations/events/0002_reading.sql")),
        step(3, "purging", include_str!("../../../migrations/events/0003_purging.sql")),
        step(4, "crawl", include_str!("../../../migrations/events/0004_crawl.sql")),
        step(6, "tags seen", include_str!("../../../migrations/events/0006_tags_seen.sql")),
    ];
    migrate_by(conn, steps, STEPS).await?;
    sqlx::query(RAISE_SEQ).execute(conn).await?;
    Ok(())
}

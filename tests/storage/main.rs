//! The statements and the promises of the store and of the event store, on SQLite and on PostgreSQL. Some tests need
//! only one of the databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(clippy::too_many_lines, reason = "a test tells one story from its beginning to its end")]

mod corrupt;
#[path = "../support/database.rs"]
mod database;
mod encrypted;
mod events;
mod lists;
mod moved;
#[path = "../support/postgres.rs"]
mod postgres;
mod promises;
mod reading_figures;
mod schema;
mod signin;
mod unreachable;

/// Makes a test for both databases from each promise.
macro_rules! on_both {
    ($($promise:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                let store = portreeve::storage::Store::open(&url).await.unwrap();
                crate::promises::$promise(store).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let cluster = crate::postgres::Cluster::start();
                let store = portreeve::storage::Store::open(&cluster.url()).await.unwrap();
                crate::promises::$promise(store.clone()).await;
                store.close().await;
            })+
        }
    };
}

on_both!(
    every_statement_is_accepted,
    the_feed_is_followed_while_every_connection_is_taken,
    subjects_keep_every_field_and_take_their_credentials_along,
    names_compare_bytewise_and_are_unique_without_regard_to_case,
    groups_services_and_rules_keep_every_field,
    a_session_is_stored_only_for_the_credential_that_was_proven,
    a_browser_session_holds_for_the_credential_that_it_began_with,
    a_flow_is_taken_once_and_before_its_end,
    a_device_is_decided_once_and_asks_in_good_time,
    the_feed_has_no_gaps_under_concurrent_writers,
    a_failed_or_empty_write_leaves_no_trace,
    a_write_survives_the_client_that_hangs_up,
    a_lease_has_one_holder_until_it_runs_out,
    the_snapshot_follows_the_feed,
    lists_are_ordered_bytewise_and_go_on_after_a_name,
    the_trail_is_filtered_from_both_ends,
    a_rehearsal_sees_its_own_writes_and_leaves_nothing,
    a_write_does_not_wait_for_ever_behind_a_long_one,
    everything_is_moved_as_it_is,
    one_state_is_seen_whatever_is_written,
    a_long_work_that_is_dropped_leaves_nothing,
);

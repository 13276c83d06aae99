//! Every stored value can be moved, except leases and the list of replicas.
#![allow(clippy::disallowed_methods, reason = "a test of the schema needs its own SQL")]

use crate::promises::{NOW, insert, name, origin, rule};
use portreeve::domain::change::Change;
use portreeve::domain::kind::{ChangeAction, ObjectKind};
use portreeve::storage::transfer::TABLES;
use portreeve::storage::{Store, Transaction};
use serde_json::json;
use sqlx::{ConnectOptions, Row};
use std::collections::BTreeSet;

#[tokio::test]
async fn every_table_and_column_is_moved() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    Store::open(&url).await.unwrap().close().await;
    let options: sqlx::any::AnyConnectOptions = url.parse().unwrap();
    let mut conn = options.connect().await.unwrap();
    let columns = "SELECT m.name AS t, c.name AS c FROM sqlite_master m JOIN pragma_table_info(m.name) c \
        WHERE m.type = 'table' AND m.name NOT IN ('leases', 'replicas', '_sqlx_migrations') AND m.name NOT LIKE 'sqlite_%'";
    let rows = sqlx::query(columns).fetch_all(&mut conn).await.unwrap();
    let there: BTreeSet<(String, String)> = rows.iter().map(|row| (row.get("t"), row.get("c"))).collect();
    let moved = TABLES
        .iter()
        .flat_map(|table| table.columns().map(|column| (table.name.to_owned(), column.to_owned())));
    assert_eq!(moved.collect::<BTreeSet<_>>(), there, "src/storage/transfer.rs has every table and column");
}

/// Fills a store with more rows than one query reads, and with NULL in some columns.
async fn filled(store: &Store) {
    for subject in ["user:zoe", "robot:ci"] {
        insert(store, subject).await.unwrap();
    }
    let rules = (0..1234).map(|n| rule(&format!("rule-{n}"), "a/**"));
    let body = rules.collect::<Vec<_>>();
    store
        .change::<_, portreeve::storage::StoreError, _>(origin(), move |tx: &mut Transaction| {
            Box::pin(async move {
                for row in body {
                    let after = json!({"ü": ["\u{1F6A2}"]});
                    tx.note(Change::created(ObjectKind::Rule, &row.rule.name, &after));
                    tx.insert_rule(&row).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
}

pub async fn everything_is_moved_as_it_is(store: Store) {
    filled(&store).await;
    let folder = tempfile::tempdir().unwrap();
    let other = Store::open(&format!("sqlite://{}", folder.path().join("copy.db").display())).await.unwrap();
    let mut state = store.one_state().await.unwrap();
    let mut tx = other.begin_long(origin()).await.unwrap();
    let mut told = Vec::new();
    let contents = tx.copy_from(&mut state, |table, rows| told.push((table, rows))).await.unwrap();
    assert_eq!(tx.contents().await.unwrap(), contents);
    assert_eq!(state.contents().await.unwrap(), contents);
    assert!(told.contains(&("rules", 1000)) && told.contains(&("rules", 1234)), "{told:?}");
    let counts: Vec<(&str, u64)> = contents.iter().map(|one| (one.table, one.rows)).collect();
    assert!(counts.contains(&("subjects", 2)) && counts.contains(&("changes", 1236)), "{counts:?}");
    let note = Change::new(ChangeAction::Copy, ObjectKind::Database, "copy", None, None);
    assert_eq!(tx.seal(origin(), note).await.unwrap(), 1237);
    let mut session = other.read().await.unwrap();
    assert_eq!(session.verify_trail().await.unwrap().unwrap().seq, 1237);
    let zoe = session.find_subject(&name("zoe")).await.unwrap().unwrap();
    assert!(zoe.row == crate::promises::row("user:zoe"));

    // The comparison notices a difference in a single value.
    let later = portreeve::storage::RuleRow { updated_at: NOW.plus_seconds(1), ..rule("rule-7", "a/**") };
    drop(session);
    other
        .write(move |tx: &mut Transaction| Box::pin(async move { tx.update_rule(&later).await }))
        .await
        .unwrap();
    let changed = other.read().await.unwrap().contents().await.unwrap();
    let differ: Vec<&str> =
        contents.iter().zip(&changed).filter(|(one, other)| one != other).map(|(one, _)| one.table).collect();
    assert_eq!(differ, ["rules", "changes", "change_counter"]);
    other.close().await;
}

pub async fn one_state_is_seen_whatever_is_written(store: Store) {
    insert(&store, "user:zoe").await.unwrap();
    let mut state = store.one_state().await.unwrap();
    let before = state.contents().await.unwrap();
    insert(&store, "user:bob").await.unwrap();
    assert_eq!(state.contents().await.unwrap(), before);
    assert!(state.find_subject(&name("bob")).await.unwrap().is_none());
    drop(state);
    assert_ne!(store.one_state().await.unwrap().contents().await.unwrap(), before);
}

pub async fn a_long_work_that_is_dropped_leaves_nothing(store: Store) {
    insert(&store, "user:zoe").await.unwrap();
    let mut tx = store.begin_long(origin()).await.unwrap();
    assert_eq!(tx.end_sessions().await.unwrap(), 0);
    tx.insert_rule(&rule("r", "**")).await.unwrap();
    drop(tx);
    insert(&store, "user:bob").await.unwrap();
    let contents = store.read().await.unwrap().contents().await.unwrap();
    assert_eq!(contents.iter().find(|one| one.table == "rules").unwrap().rows, 0);
}

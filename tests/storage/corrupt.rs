//! A stored value that this release does not know is corrupt. It is never read as the value that grants more.

use crate::postgres::Cluster;
use crate::promises::rule;
use portreeve::domain::policy::RuleName;
use portreeve::snapshot::Snapshots;
use portreeve::storage::{Page, Store, StoreError, Transaction};
use std::time::Duration;

/// The statement that writes a value which the schema forbids, as a newer release or a person might.
const UNKNOWN: &str = "UPDATE rules SET effect = 'grant'";

fn assert_corrupt<T>(read: Result<T, StoreError>) {
    let error = read.err().expect("the unknown value was read");
    assert!(matches!(error, StoreError::Corrupt(_)), "{error:?}");
    assert!(error.to_string().contains("`grant` is not an effect"), "{error}");
}

async fn an_unknown_effect_is_corrupt(url: &str, unchecked: &str) {
    let store = Store::open(url).await.unwrap();
    store
        .write(|tx: &mut Transaction| Box::pin(async move { tx.insert_rule(&rule("r", "a/**")).await }))
        .await
        .unwrap();
    crate::database::run(url, &format!("{unchecked}; {UNKNOWN}")).await;
    let mut reader = store.read().await.unwrap();
    assert_corrupt(reader.find_rule(&RuleName::parse("r").unwrap()).await);
    assert_corrupt(reader.list_rules(&Page::new(String::new(), String::new(), 10)).await);
    assert_corrupt(reader.scan_rules("", 10).await.unwrap().parse());
    assert_corrupt(Snapshots::load(store.clone(), Duration::from_secs(300)).await.map(|_| ()));
    drop(reader);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_effect_is_corrupt_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    an_unknown_effect_is_corrupt(&url, "PRAGMA ignore_check_constraints = ON").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_effect_is_corrupt_on_postgresql() {
    let cluster = Cluster::start();
    an_unknown_effect_is_corrupt(&cluster.url(), "ALTER TABLE rules DROP CONSTRAINT rules_effect_check")
        .await;
}

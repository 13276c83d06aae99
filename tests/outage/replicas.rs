//! Several servers on one PostgreSQL and one keys folder. Also the stop of a server on SQLite.

use crate::postgres::Cluster;
use crate::server::{Server, client};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn get(url: String) -> Value {
    client().get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_start_at_once_with_one_authority_and_one_administrator() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let replicas = Server::replicas(3, folder.path(), &cluster.url()).await;
    let mut keys = Vec::new();
    for replica in &replicas {
        assert_eq!(replica.must("GET", "/me", Value::Null).await["name"], "admin");
        keys.push(get(replica.url("/.well-known/jwks.json")).await);
    }
    assert!(keys.iter().all(|key| *key == keys[0]), "all replicas must publish the same keys");
    let files: Vec<String> = std::fs::read_dir(folder.path().join("keys"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(files.iter().filter(|name| name.ends_with(".key")).count(), 2, "{files:?}");

    // A rule that one server wrote applies at the other servers soon. The test allows five seconds.
    let rule = json!({"subjects": ["everyone"], "names": ["open"], "actions": ["pull"]});
    replicas[0].must("PUT", "/rules/open", rule).await;
    let written = Instant::now();
    for replica in &replicas[1..] {
        let url = replica.url("/token?scope=repository:open:pull");
        while client().get(&url).send().await.unwrap().status() != 200 {
            assert!(written.elapsed() < Duration::from_secs(5), "the replica does not apply the rule");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_ends_with_code_0() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::spawn(folder.path(), "sqlite://test.db", &[]);
    server.ready().await;
    assert_eq!(server.terminate().code(), Some(0));
    assert!(!folder.path().join("test.db-wal").exists(), "the last writes are in the main file");
}

//! `portreeve admin end-sessions`.

use crate::postgres::Cluster;
use crate::program::run;
use crate::server::Server;
use crate::state::{fill, refresh, session};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

async fn end_on(folder: &Path, database: &str, replicas: usize) {
    let mut servers: Vec<Server> = (0..replicas).map(|_| Server::spawn(folder, database, &[])).collect();
    for server in &mut servers {
        server.ready().await;
    }
    let credentials = fill(&servers[0]).await;
    for server in &servers {
        // Each server has the sessions in memory.
        for session in &credentials.sessions {
            assert_eq!(refresh(server, session).await, 200);
        }
    }
    let said = run(folder, &["admin", "end-sessions", "--database-url", database]).await;
    assert_eq!(said.ok(), "ended all sessions (3): docker logins are needed again\n");
    let ended = Instant::now();
    for server in &servers {
        for session in &credentials.sessions {
            while refresh(server, session).await == 200 {
                assert!(
                    ended.elapsed() < Duration::from_secs(1),
                    "a server continues with the sessions in its memory"
                );
            }
            assert_eq!(refresh(server, session).await, 401);
        }
    }
    assert_eq!(refresh(&servers[0], &session(&servers[0]).await).await, 200, "a new login works");
    let last = servers[0].must("GET", "/changes?kind=database", Value::Null).await["items"][0].clone();
    assert_eq!((&last["action"], &last["actor"]), (&json!("revoke"), &json!("system")));
    assert_eq!(last["after"], json!({"refresh_tokens": "revoked"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_is_ended_beside_running_servers() {
    let folder = tempfile::tempdir().unwrap();
    end_on(folder.path(), "sqlite://portreeve.db", 1).await;
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    end_on(folder.path(), &cluster.url(), 2).await;
}
